create publication one for table t with (publish = 'insert, update');
create publication everything for all tables with (publish_via_partition_root = true);
