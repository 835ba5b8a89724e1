-- 033 only sees new replies. Run off-peak, takes about a minute on production.
insert into chat.threads (root_id, channel_id, reply_count, last_reply_at)
select r.id, r.channel_id, count(*), max(m.created_at)
from chat.messages m
join chat.messages r on r.id = m.reply_to
group by r.id, r.channel_id
on conflict (root_id) do update
    set reply_count = excluded.reply_count,
        last_reply_at = excluded.last_reply_at;
