create table chat.reaction_counts (
    message_id bigint not null references chat.messages (id) on delete cascade,
    emoji      text not null,
    total      integer not null check (total > 0),
    primary key (message_id, emoji)
);

insert into chat.reaction_counts (message_id, emoji, total)
select message_id, emoji, count(*) from chat.reactions group by message_id, emoji;

-- statement level: imports add ten thousand reactions at once
create function chat.count_reactions() returns trigger
language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into chat.reaction_counts as c (message_id, emoji, total)
        select message_id, emoji, count(*) from changed group by message_id, emoji
        on conflict (message_id, emoji) do update set total = c.total + excluded.total;
    else
        delete from chat.reaction_counts c
        using (select message_id, emoji, count(*) as gone from changed group by message_id, emoji) d
        where (c.message_id, c.emoji) = (d.message_id, d.emoji) and c.total <= d.gone;
        update chat.reaction_counts c set total = c.total - d.gone
        from (select message_id, emoji, count(*) as gone from changed group by message_id, emoji) d
        where (c.message_id, c.emoji) = (d.message_id, d.emoji);
    end if;
    return null;
end
$$;

create trigger reactions_count_added after insert on chat.reactions
    referencing new table as changed for each statement execute function chat.count_reactions();
create trigger reactions_count_removed after delete on chat.reactions
    referencing old table as changed for each statement execute function chat.count_reactions();
