"""Every kind of catalog object that a snapshot models, and the structural facts it records of each.

``props`` lists exactly the keys of ``CatalogObject.props`` for the kind; the reader refuses a query that returns others. All
values are JSON; every name inside a value is schema-qualified and quoted where SQL needs it (the reader deparses with an
empty search_path); no value holds an OID. Lists keep the order that the server gives them, which is the order SQL needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of object is stored and written."""

    #: System catalog whose OID (and attnum) addresses it.
    catalog: str
    #: The keyword(s) of COMMENT ON / ALTER / DROP, as SQL writes them.
    keyword: str
    props: tuple[str, ...]


_RELATION = ("columns_order",)  # names of live columns in physical order: its own tier, left out of structural equality

KINDS: Mapping[str, Kind] = {
    "schema": Kind("pg_namespace", "SCHEMA", ()),
    "extension": Kind("pg_extension", "EXTENSION", ("version", "extension_schema", "relocatable")),
    "language": Kind("pg_language", "LANGUAGE", ("trusted", "handler", "inline", "validator")),
    "access_method": Kind("pg_am", "ACCESS METHOD", ("am_type", "handler")),
    # -- relations ------------------------------------------------------------------------------------------------------
    "table": Kind(
        "pg_class",
        "TABLE",
        (
            "persistence",  # "permanent" | "unlogged"
            "partition_key",  # pg_get_partkeydef, or None
            "partition_of",  # identity of the parent, or None
            "partition_bound",  # "FOR VALUES …" | "DEFAULT" | None
            "inherits",  # identities of plain-inheritance parents, in order
            "of_type",  # CREATE TABLE … OF type, or None
            "options",  # reloptions as ["fillfactor=70", "toast.autovacuum_enabled=false"]
            "tablespace",
            "access_method",
            "row_security",
            "force_row_security",
            "replica_identity",  # "default" | "nothing" | "full" | "index"
            "replica_identity_index",  # its name, or None
            "clustered_on",  # index name, or None
            "columns_order",
        ),
    ),
    "foreign_table": Kind(
        "pg_class",
        "FOREIGN TABLE",
        ("server", "options", "inherits", "partition_of", "partition_bound", "columns_order"),
    ),
    "view": Kind("pg_class", "VIEW", ("definition", "options", "columns")),  # columns: [[name, type], …]
    "materialized_view": Kind(
        "pg_class",
        "MATERIALIZED VIEW",
        ("definition", "options", "columns", "populated", "tablespace", "access_method", "clustered_on"),
    ),
    # Columns of tables, foreign tables, views and materialized views; attributes of composite types (parent: the type).
    "column": Kind(
        "pg_class",
        "COLUMN",
        (
            "type",  # format_type
            "collation",  # qualified, only where it differs from the type's own
            "not_null",
            "identity",  # None | "always" | "by default"
            "generated",  # None | "stored" | "virtual"
            "generation_expression",
            "storage",  # None where it is the type's default, else PLAIN | EXTERNAL | EXTENDED | MAIN
            "compression",  # None | "pglz" | "lz4"
            "statistics_target",  # None is the default
            "options",  # attoptions
            "fdw_options",
            "is_local",  # attislocal
            "inherit_count",  # attinhcount
        ),
    ),
    "attribute": Kind("pg_class", "COLUMN", ("type", "collation")),
    "default": Kind("pg_attrdef", "DEFAULT", ("column", "expression")),  # column: its name
    "constraint": Kind(
        "pg_constraint",
        "CONSTRAINT",
        (
            "type",  # primary key | unique | foreign key | check | exclude | not null (18+) | trigger
            "definition",  # pg_get_constraintdef, deparse drift removed
            "validated",
            "enforced",
            "is_local",
            "inherit_count",
            "no_inherit",
            "columns",  # names, in key order
            "references",  # identity of the referenced table, or None
            "has_parent",  # cloned from a partitioned parent's constraint
        ),
    ),
    "index": Kind(
        "pg_class",
        "INDEX",
        (
            "definition",  # pg_get_indexdef, deparse drift removed
            "unique",
            "valid",
            "options",
            "tablespace",
            "statistics_targets",  # [[column number, target], …]
            "constraint",  # name of the constraint that owns it, or None (then create/drop go with that)
            "attached_to",  # identity of the partitioned parent index, or None
            "columns",  # attribute names (for COMMENT/statistics)
        ),
    ),
    "sequence": Kind(
        "pg_class",
        "SEQUENCE",
        (
            "data_type",
            "start",
            "increment",
            "minimum",
            "maximum",
            "cache",
            "cycle",
            "persistence",
            "owned_by",  # column identity, or None
            "identity",  # True: belongs to an identity column, exists only with it
        ),
    ),
    # -- types ----------------------------------------------------------------------------------------------------------
    "enum": Kind("pg_type", "TYPE", ("labels",)),
    "domain": Kind("pg_type", "DOMAIN", ("base_type", "not_null", "default", "collation")),
    "domain_constraint": Kind("pg_constraint", "CONSTRAINT", ("definition", "validated")),
    "composite": Kind("pg_type", "TYPE", ("attributes_order",)),
    "range": Kind(
        "pg_type",
        "TYPE",
        ("subtype", "operator_class", "collation", "canonical", "subtype_diff", "multirange"),
    ),
    "base_type": Kind(
        "pg_type",
        "TYPE",
        (
            "input", "output", "receive", "send", "typmod_in", "typmod_out", "analyze", "subscript",
            "length", "by_value", "alignment", "storage", "category", "preferred", "default", "element", "delimiter", "collatable",
        ),
    ),
    "shell_type": Kind("pg_type", "TYPE", ()),
    # -- routines -------------------------------------------------------------------------------------------------------
    # name and identity arguments are in identity: public.f(integer, text); definition is pg_get_functiondef.
    "function": Kind("pg_proc", "FUNCTION", ("definition", "arguments", "identity_arguments", "result", "language", "window")),
    "procedure": Kind("pg_proc", "PROCEDURE", ("definition", "arguments", "identity_arguments", "language")),
    "aggregate": Kind(
        "pg_proc",
        "AGGREGATE",
        (
            "identity_arguments",  # pg_get_function_identity_arguments, "*" when empty
            "definition",  # ready CREATE AGGREGATE statement without semicolon
        ),
    ),
    # -- operators, casts, text search … : `definition` is a complete CREATE statement without semicolon, written by our SQL ---
    "operator": Kind("pg_operator", "OPERATOR", ("definition", "left", "right")),
    "operator_family": Kind("pg_opfamily", "OPERATOR FAMILY", ("method", "definition", "loose_members")),
    "operator_class": Kind("pg_opclass", "OPERATOR CLASS", ("method", "definition")),
    "cast": Kind("pg_cast", "CAST", ("definition", "source", "target")),
    "transform": Kind("pg_transform", "TRANSFORM", ("definition", "type", "language")),
    "collation": Kind("pg_collation", "COLLATION", ("definition",)),
    "conversion": Kind("pg_conversion", "CONVERSION", ("definition",)),
    "ts_parser": Kind("pg_ts_parser", "TEXT SEARCH PARSER", ("definition",)),
    "ts_template": Kind("pg_ts_template", "TEXT SEARCH TEMPLATE", ("definition",)),
    "ts_dictionary": Kind("pg_ts_dict", "TEXT SEARCH DICTIONARY", ("template", "options")),  # options: text as in DDL
    "ts_configuration": Kind("pg_ts_config", "TEXT SEARCH CONFIGURATION", ("parser", "mappings")),  # [[token, [dict, …]], …]
    # -- what hangs on a table ------------------------------------------------------------------------------------------
    "rule": Kind("pg_rewrite", "RULE", ("definition", "enabled")),
    "trigger": Kind(
        "pg_trigger",
        "TRIGGER",
        ("definition", "enabled", "has_parent"),  # enabled: origin | disabled | replica | always
    ),
    "policy": Kind("pg_policy", "POLICY", ("command", "permissive", "roles", "using", "check")),
    "statistics": Kind("pg_statistic_ext", "STATISTICS", ("definition", "statistics_target")),
    "event_trigger": Kind("pg_event_trigger", "EVENT TRIGGER", ("event", "function", "tags", "enabled")),
    # -- publications, foreign data ---------------------------------------------------------------------------------------
    "publication": Kind(
        "pg_publication",
        "PUBLICATION",
        ("all_tables", "publish", "via_partition_root", "publish_generated_columns"),
    ),
    # parent: the publication
    "publication_table": Kind("pg_publication_rel", "TABLE", ("table", "columns", "where")),
    "publication_schema": Kind("pg_publication_namespace", "TABLES IN SCHEMA", ("published_schema",)),
    "foreign_data_wrapper": Kind(
        "pg_foreign_data_wrapper", "FOREIGN DATA WRAPPER", ("handler", "validator", "options")
    ),
    "server": Kind("pg_foreign_server", "SERVER", ("wrapper", "server_type", "version", "options")),
    "user_mapping": Kind("pg_user_mapping", "USER MAPPING", ("server", "role", "options")),
    # -- grants -----------------------------------------------------------------------------------------------------------
    # acl holds the list; props tell for whom. identity: "role [IN SCHEMA s] objtype".
    "default_acl": Kind("pg_default_acl", "DEFAULT PRIVILEGES", ("role", "for_schema", "object_type")),
}
