alter publication p set (publish = 'insert, delete', publish_via_partition_root = true);
alter publication p add table u;
alter publication p drop table t;
