alter table m add note text default 'x' check (note <> '');
create index m_note on m (note);
