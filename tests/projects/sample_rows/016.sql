update chat.channels set topic='Hi', topic_set_by=103, topic_set_at=now() where id%2=0;
