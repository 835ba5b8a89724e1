-- last(x order by ts), for the channel list
create function chat.keep_last(state anyelement, next anyelement) returns anyelement
language sql immutable parallel safe
as 'select $2';

create aggregate chat.last(anyelement) (
    sfunc = chat.keep_last,
    stype = anyelement,
    parallel = safe
);

create view chat.channel_previews as
select m.channel_id,
       chat.last(left(m.body, 80) order by m.id) as preview,
       max(m.created_at) as last_message_at
from chat.messages m
where m.deleted_at is null
group by m.channel_id;
