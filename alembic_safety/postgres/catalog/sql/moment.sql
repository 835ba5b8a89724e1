-- Where this session stands: its transaction's id (if it has one), the snapshot, whether the server counts, how many rows this session
-- has inserted, updated and deleted in each system catalog since it last reported its counts (never within a transaction), and whether it
-- has a schema for temporary objects, and the mark of the last reading that was not rolled back.
SELECT pg_catalog.pg_current_xact_id_if_assigned()::text,
       pg_catalog.pg_current_snapshot()::text,
       pg_catalog.current_setting('track_counts') = 'on',
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', c::text, x.inserted, x.updated, x.deleted), E'\n')
        FROM pg_catalog.unnest(ARRAY[
            -- pg_publication_namespace by number: before 15 there is none.
            'pg_catalog.pg_class', 'pg_catalog.pg_attribute', 'pg_catalog.pg_type', 'pg_catalog.pg_proc',
            'pg_catalog.pg_constraint', 'pg_catalog.pg_trigger', 'pg_catalog.pg_rewrite', 'pg_catalog.pg_policy',
            'pg_catalog.pg_statistic_ext', 'pg_catalog.pg_attrdef', 'pg_catalog.pg_index', 'pg_catalog.pg_sequence',
            'pg_catalog.pg_inherits', 'pg_catalog.pg_enum', 'pg_catalog.pg_range', 'pg_catalog.pg_depend',
            'pg_catalog.pg_description', 'pg_catalog.pg_namespace', 'pg_catalog.pg_extension', 'pg_catalog.pg_language',
            'pg_catalog.pg_am', 'pg_catalog.pg_operator', 'pg_catalog.pg_opfamily', 'pg_catalog.pg_opclass', 'pg_catalog.pg_amop',
            'pg_catalog.pg_amproc', 'pg_catalog.pg_cast', 'pg_catalog.pg_transform', 'pg_catalog.pg_collation',
            'pg_catalog.pg_conversion', 'pg_catalog.pg_ts_parser', 'pg_catalog.pg_ts_template', 'pg_catalog.pg_ts_dict',
            'pg_catalog.pg_ts_config', 'pg_catalog.pg_ts_config_map', 'pg_catalog.pg_event_trigger', 'pg_catalog.pg_publication',
            'pg_catalog.pg_publication_rel', '6237', 'pg_catalog.pg_foreign_data_wrapper', 'pg_catalog.pg_foreign_server',
            'pg_catalog.pg_foreign_table', 'pg_catalog.pg_user_mapping', 'pg_catalog.pg_default_acl', 'pg_catalog.pg_seclabel',
            'pg_catalog.pg_largeobject_metadata', 'pg_catalog.pg_subscription', 'pg_catalog.pg_init_privs', 'pg_catalog.pg_authid',
            'pg_catalog.pg_tablespace'
        ]::pg_catalog.regclass[]) c
        CROSS JOIN LATERAL (
            SELECT pg_catalog.pg_stat_get_xact_tuples_inserted(c) AS inserted,
                   pg_catalog.pg_stat_get_xact_tuples_updated(c) AS updated,
                   pg_catalog.pg_stat_get_xact_tuples_deleted(c) AS deleted OFFSET 0) x
        WHERE x.inserted + x.updated + x.deleted > 0),
       pg_catalog.pg_my_temp_schema() <> 0,
       pg_catalog.current_setting('alembic_safety.reading', true)
