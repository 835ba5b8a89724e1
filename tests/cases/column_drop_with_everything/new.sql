alter table t drop column n cascade, drop column parent_id;
