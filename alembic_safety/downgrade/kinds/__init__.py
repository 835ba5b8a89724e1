"""The rules of every kind of object: one literal mapping, so that a forgotten kind is seen at once."""

from __future__ import annotations

from collections.abc import Mapping

from alembic_safety.downgrade.kinds.attributes import AttributeRules
from alembic_safety.downgrade.kinds.base import Rules
from alembic_safety.downgrade.kinds.base_types import BaseTypeRules, RangeRules, ShellTypeRules
from alembic_safety.downgrade.kinds.columns import ColumnRules
from alembic_safety.downgrade.kinds.constraints import ConstraintRules, DomainConstraintRules
from alembic_safety.downgrade.kinds.default_acl import DefaultAclRules
from alembic_safety.downgrade.kinds.defaults import DefaultRules
from alembic_safety.downgrade.kinds.foreign_data import ForeignDataWrapperRules, ServerRules, UserMappingRules
from alembic_safety.downgrade.kinds.foreign_tables import ForeignTableRules
from alembic_safety.downgrade.kinds.indexes import IndexRules
from alembic_safety.downgrade.kinds.operators import CastRules, OperatorClassRules, OperatorFamilyRules, OperatorRules
from alembic_safety.downgrade.kinds.policies import PolicyRules, StatisticsRules
from alembic_safety.downgrade.kinds.publications import PublicationRules, PublicationSchemaRules, PublicationTableRules
from alembic_safety.downgrade.kinds.routines import AggregateRules, FunctionRules, ProcedureRules
from alembic_safety.downgrade.kinds.schemas import (
    AccessMethodRules,
    ExtensionRules,
    LanguageRules,
    SchemaRules,
    TransformRules,
)
from alembic_safety.downgrade.kinds.sequences import SequenceRules
from alembic_safety.downgrade.kinds.tables import TableRules
from alembic_safety.downgrade.kinds.text_search import (
    CollationRules,
    ConversionRules,
    TsConfigurationRules,
    TsDictionaryRules,
    TsParserRules,
    TsTemplateRules,
)
from alembic_safety.downgrade.kinds.triggers import EventTriggerRules, RuleRules, TriggerRules
from alembic_safety.downgrade.kinds.types import CompositeRules, DomainRules, EnumRules
from alembic_safety.downgrade.kinds.views import MaterializedViewRules, ViewRules
from alembic_safety.errors import SynthesisError

#: Kind of ``model.kinds.KINDS`` -> its rules.
RULES: Mapping[str, Rules] = {
    # -- relations, what they are made of, and their types
    "attribute": AttributeRules(),
    "column": ColumnRules(),
    "composite": CompositeRules(),
    "constraint": ConstraintRules(),
    "default": DefaultRules(),
    "domain": DomainRules(),
    "domain_constraint": DomainConstraintRules(),
    "enum": EnumRules(),
    "foreign_table": ForeignTableRules(),
    "index": IndexRules(),
    "materialized_view": MaterializedViewRules(),
    "sequence": SequenceRules(),
    "table": TableRules(),
    "view": ViewRules(),
    # -- what lives in no schema, and schemas
    "access_method": AccessMethodRules(),
    "default_acl": DefaultAclRules(),
    "event_trigger": EventTriggerRules(),
    "extension": ExtensionRules(),
    "foreign_data_wrapper": ForeignDataWrapperRules(),
    "language": LanguageRules(),
    "publication": PublicationRules(),
    "publication_schema": PublicationSchemaRules(),
    "publication_table": PublicationTableRules(),
    "schema": SchemaRules(),
    "server": ServerRules(),
    "transform": TransformRules(),
    "user_mapping": UserMappingRules(),
    # -- routines, operators, types without rows, text search
    "aggregate": AggregateRules(),
    "base_type": BaseTypeRules(),
    "cast": CastRules(),
    "collation": CollationRules(),
    "conversion": ConversionRules(),
    "function": FunctionRules(),
    "operator": OperatorRules(),
    "operator_class": OperatorClassRules(),
    "operator_family": OperatorFamilyRules(),
    "procedure": ProcedureRules(),
    "range": RangeRules(),
    "shell_type": ShellTypeRules(),
    "ts_configuration": TsConfigurationRules(),
    "ts_dictionary": TsDictionaryRules(),
    "ts_parser": TsParserRules(),
    "ts_template": TsTemplateRules(),
    # -- what hangs on a table
    "policy": PolicyRules(),
    "rule": RuleRules(),
    "statistics": StatisticsRules(),
    "trigger": TriggerRules(),
}


def rules_of(kind: str) -> Rules:
    """The rules of a kind.

    :raises SynthesisError: for a kind without rules, naming what to extend.
    """
    try:
        return RULES[kind]
    except KeyError:
        raise SynthesisError(
            f"no rules for objects of kind {kind!r}; add them to alembic_safety/downgrade/kinds", subject=kind
        ) from None
