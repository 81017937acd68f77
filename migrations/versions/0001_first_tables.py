"""The first tables.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.tables.base import BigId, Json, UtcInstant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer_row",
        sa.Column("id", BigId, nullable=False),
        sa.Column("root_id", BigId, nullable=False),
        sa.Column("version_id", BigId, nullable=False),
        sa.Column("table_path", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("parent_ordinal", sa.Integer(), nullable=True),
        sa.Column("answers", Json, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_row")),
        sa.UniqueConstraint(
            "version_id", "table_path", "ordinal", name=op.f("uq_answer_row_version_id_table_path_ordinal")
        ),
    )
    op.create_index(op.f("ix_answer_row_root_id"), "answer_row", ["root_id"])
    op.create_table(
        "audit",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UtcInstant, nullable=False),
        sa.Column("actor_uuid", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_uuid", sa.Text(), nullable=True),
        sa.Column("detail", Json, nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("row_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "baseline",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("project_uuid", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("form_version", sa.Text(), nullable=False),
        sa.Column("vocabulary_version", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("round", sa.Text(), nullable=True),
        sa.Column("assessment_type", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=True),
        sa.Column("informant_id", sa.Text(), nullable=True),
        sa.Column("report_time", sa.Text(), nullable=True),
        sa.Column("reporting_date", sa.Date(), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("place_name", sa.Text(), nullable=True),
        sa.Column("place_type", sa.Text(), nullable=True),
        sa.Column("declared_pcode", sa.Text(), nullable=True),
        sa.Column("declared_place_name", sa.Text(), nullable=True),
        sa.Column("adm0_iso3", sa.Text(), nullable=True),
        sa.Column("adm1_pcode", sa.Text(), nullable=True),
        sa.Column("adm1_name", sa.Text(), nullable=True),
        sa.Column("adm2_pcode", sa.Text(), nullable=True),
        sa.Column("adm2_name", sa.Text(), nullable=True),
        sa.Column("adm3_pcode", sa.Text(), nullable=True),
        sa.Column("adm3_name", sa.Text(), nullable=True),
        sa.Column("boundary_release", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("gps_accuracy_m", sa.Float(), nullable=True),
        sa.Column("geotag_method", sa.Text(), nullable=False),
        sa.Column("geotag_flag", sa.Text(), nullable=False),
        sa.Column("geotag_distance_m", sa.Float(), nullable=True),
        sa.Column("estimate_method", sa.Text(), nullable=True),
        sa.Column("estimate_low", sa.Integer(), nullable=True),
        sa.Column("estimate_high", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=True),
        sa.Column("ki_count", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("under_review", sa.Boolean(), nullable=False),
        sa.Column("quality_flags", sa.Text(), nullable=True),
        sa.Column("sensitivity", sa.Text(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=True),
        sa.Column("population_category", sa.Text(), nullable=True),
        sa.Column("breakdown", sa.Text(), nullable=True),
        sa.Column("hh", sa.Integer(), nullable=True),
        sa.Column("ind", sa.Integer(), nullable=True),
        sa.Column("ind_m", sa.Integer(), nullable=True),
        sa.Column("ind_f", sa.Integer(), nullable=True),
        sa.Column("men", sa.Integer(), nullable=True),
        sa.Column("women", sa.Integer(), nullable=True),
        sa.Column("boys", sa.Integer(), nullable=True),
        sa.Column("girls", sa.Integer(), nullable=True),
        sa.Column("children", sa.Integer(), nullable=True),
        sa.Column("sadd_method", sa.Text(), nullable=True),
        sa.Column("displaced_from", sa.Date(), nullable=True),
        sa.Column("displaced_to", sa.Date(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("origin_scope", sa.Text(), nullable=True),
        sa.Column("origin_iso3", sa.Text(), nullable=True),
        sa.Column("origin_adm1_pcode", sa.Text(), nullable=True),
        sa.Column("origin_adm2_pcode", sa.Text(), nullable=True),
        sa.Column("origin_adm3_pcode", sa.Text(), nullable=True),
        sa.Column("shelter_type", sa.Text(), nullable=True),
        sa.Column("site_type", sa.Text(), nullable=True),
        sa.Column("access", sa.Text(), nullable=True),
        sa.Column("needs", sa.Text(), nullable=True),
        sa.Column("operational_status", sa.Text(), nullable=True),
        sa.Column("closed_for", sa.Text(), nullable=True),
        sa.Column("measures", sa.Text(), nullable=True),
        sa.Column("affected_pop", sa.Text(), nullable=True),
        sa.Column("measure_start", sa.Date(), nullable=True),
        sa.Column("measure_end", sa.Date(), nullable=True),
        sa.Column("health_measures", sa.Text(), nullable=True),
        sa.Column("est_inflow", sa.Integer(), nullable=True),
        sa.Column("est_outflow", sa.Integer(), nullable=True),
        sa.Column("infra_type", sa.Text(), nullable=True),
        sa.Column("infra_functional", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("root_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_baseline")),
    )
    op.create_index(
        op.f("ix_baseline_project_uuid_reporting_date_place_id"),
        "baseline",
        ["project_uuid", "reporting_date", "place_id"],
    )
    op.create_index(op.f("ix_baseline_root_id"), "baseline", ["root_id"])
    op.create_table(
        "boundary_release",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("disclaimer", sa.Text(), nullable=True),
        sa.Column("imported_at", UtcInstant, nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boundary_release")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_boundary_release_content_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_boundary_release_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_boundary_release_uuid")),
    )
    op.create_table(
        "change",
        sa.Column("origin_uuid", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_uuid", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.LargeBinary(), nullable=True),
        sa.Column("at", UtcInstant, nullable=False),
        sa.PrimaryKeyConstraint("origin_uuid", "epoch", "seq", name=op.f("pk_change")),
    )
    op.create_table(
        "code",
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("label_fr", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("retired_in", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("list_name", "code", name=op.f("pk_code")),
    )
    op.create_table(
        "code_crosswalk",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("foreign_code", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=True),
        sa.Column("valid_to", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "list_name", "foreign_code", name=op.f("pk_code_crosswalk")),
    )
    op.create_table(
        "code_list",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vocabulary_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_code_list")),
    )
    op.create_table(
        "decision",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_uuid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_uuid", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("actor_uuid", sa.Text(), nullable=True),
        sa.Column("decided_at", UtcInstant, nullable=False),
        sa.Column("reverses_uuid", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("uuid", name=op.f("uq_decision_uuid")),
    )
    op.create_index(op.f("ix_decision_outcome"), "decision", ["outcome"])
    op.create_index(op.f("ix_decision_subject_uuid"), "decision", ["subject_uuid"])
    op.create_table(
        "duplicate_candidate",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("root_id", BigId, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("features", Json, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_duplicate_candidate")),
    )
    op.create_index(op.f("ix_duplicate_candidate_root_id"), "duplicate_candidate", ["root_id"])
    op.create_table(
        "duplicate_key",
        sa.Column("block", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("root_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("block", "record_id", name=op.f("pk_duplicate_key")),
    )
    op.create_index(op.f("ix_duplicate_key_root_id"), "duplicate_key", ["root_id"])
    op.create_table(
        "duplicate_pair",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_uuid", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("record_a", sa.Text(), nullable=False),
        sa.Column("record_b", sa.Text(), nullable=False),
        sa.Column("root_a", BigId, nullable=False),
        sa.Column("root_b", BigId, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pair")),
        sa.UniqueConstraint("record_a", "record_b", name=op.f("uq_duplicate_pair_record_a_record_b")),
        sa.UniqueConstraint("uuid", name=op.f("uq_duplicate_pair_uuid")),
    )
    op.create_index(op.f("ix_duplicate_pair_record_b"), "duplicate_pair", ["record_b"])
    op.create_index(op.f("ix_duplicate_pair_root_a"), "duplicate_pair", ["root_a"])
    op.create_index(op.f("ix_duplicate_pair_root_b"), "duplicate_pair", ["root_b"])
    op.create_table(
        "event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("submission_id", BigId, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.Column("claimed_until", UtcInstant, nullable=True),
        sa.Column("done_at", UtcInstant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_state_id"), "event", ["state", "id"])
    op.create_index(op.f("ix_event_submission_id"), "event", ["submission_id"])
    op.create_table(
        "flag",
        sa.Column("id", BigId, nullable=False),
        sa.Column("root_id", BigId, nullable=False),
        sa.Column("record_id", sa.Text(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
    )
    op.create_index(op.f("ix_flag_code"), "flag", ["code"])
    op.create_index(op.f("ix_flag_root_id"), "flag", ["root_id"])
    op.create_table(
        "flow",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("project_uuid", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("form_version", sa.Text(), nullable=False),
        sa.Column("vocabulary_version", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("round", sa.Text(), nullable=True),
        sa.Column("assessment_type", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=True),
        sa.Column("informant_id", sa.Text(), nullable=True),
        sa.Column("report_time", sa.Text(), nullable=True),
        sa.Column("reporting_date", sa.Date(), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("place_name", sa.Text(), nullable=True),
        sa.Column("place_type", sa.Text(), nullable=True),
        sa.Column("declared_pcode", sa.Text(), nullable=True),
        sa.Column("declared_place_name", sa.Text(), nullable=True),
        sa.Column("adm0_iso3", sa.Text(), nullable=True),
        sa.Column("adm1_pcode", sa.Text(), nullable=True),
        sa.Column("adm1_name", sa.Text(), nullable=True),
        sa.Column("adm2_pcode", sa.Text(), nullable=True),
        sa.Column("adm2_name", sa.Text(), nullable=True),
        sa.Column("adm3_pcode", sa.Text(), nullable=True),
        sa.Column("adm3_name", sa.Text(), nullable=True),
        sa.Column("boundary_release", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("gps_accuracy_m", sa.Float(), nullable=True),
        sa.Column("geotag_method", sa.Text(), nullable=False),
        sa.Column("geotag_flag", sa.Text(), nullable=False),
        sa.Column("geotag_distance_m", sa.Float(), nullable=True),
        sa.Column("estimate_method", sa.Text(), nullable=True),
        sa.Column("estimate_low", sa.Integer(), nullable=True),
        sa.Column("estimate_high", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=True),
        sa.Column("ki_count", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("under_review", sa.Boolean(), nullable=False),
        sa.Column("quality_flags", sa.Text(), nullable=True),
        sa.Column("sensitivity", sa.Text(), nullable=False),
        sa.Column("flow_tool", sa.Text(), nullable=True),
        sa.Column("observation_id", sa.Text(), nullable=True),
        sa.Column("group_id", sa.Text(), nullable=True),
        sa.Column("event_time", sa.Text(), nullable=True),
        sa.Column("obs_start", sa.Text(), nullable=True),
        sa.Column("obs_end", sa.Text(), nullable=True),
        sa.Column("obs_hours", sa.Float(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("movement_type", sa.Text(), nullable=True),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("corridor_id", sa.Text(), nullable=True),
        sa.Column("n_ind", sa.Integer(), nullable=True),
        sa.Column("men", sa.Integer(), nullable=True),
        sa.Column("women", sa.Integer(), nullable=True),
        sa.Column("boys", sa.Integer(), nullable=True),
        sa.Column("girls", sa.Integer(), nullable=True),
        sa.Column("sadd_unknown", sa.Integer(), nullable=True),
        sa.Column("sadd_method", sa.Text(), nullable=True),
        sa.Column("under5", sa.Integer(), nullable=True),
        sa.Column("elderly", sa.Integer(), nullable=True),
        sa.Column("uasc", sa.Integer(), nullable=True),
        sa.Column("pregnant", sa.Integer(), nullable=True),
        sa.Column("lactating", sa.Integer(), nullable=True),
        sa.Column("disability", sa.Integer(), nullable=True),
        sa.Column("chronic", sa.Integer(), nullable=True),
        sa.Column("nationality_iso3", sa.Text(), nullable=True),
        sa.Column("origin_iso3", sa.Text(), nullable=True),
        sa.Column("origin_adm1", sa.Text(), nullable=True),
        sa.Column("origin_adm2", sa.Text(), nullable=True),
        sa.Column("origin_place", sa.Text(), nullable=True),
        sa.Column("previous_iso3", sa.Text(), nullable=True),
        sa.Column("previous_adm1", sa.Text(), nullable=True),
        sa.Column("previous_adm2", sa.Text(), nullable=True),
        sa.Column("previous_place", sa.Text(), nullable=True),
        sa.Column("next_iso3", sa.Text(), nullable=True),
        sa.Column("next_adm1", sa.Text(), nullable=True),
        sa.Column("next_adm2", sa.Text(), nullable=True),
        sa.Column("next_place", sa.Text(), nullable=True),
        sa.Column("final_iso3", sa.Text(), nullable=True),
        sa.Column("final_adm1", sa.Text(), nullable=True),
        sa.Column("final_adm2", sa.Text(), nullable=True),
        sa.Column("final_place", sa.Text(), nullable=True),
        sa.Column("transport", sa.Text(), nullable=True),
        sa.Column("reason_main", sa.Text(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("forced", sa.Text(), nullable=True),
        sa.Column("duration", sa.Text(), nullable=True),
        sa.Column("counted_elsewhere", sa.Text(), nullable=True),
        sa.Column("counted_place", sa.Text(), nullable=True),
        sa.Column("info_source", sa.Text(), nullable=True),
        sa.Column("transhumance_type", sa.Text(), nullable=True),
        sa.Column("herds", sa.Integer(), nullable=True),
        sa.Column("cattle", sa.Integer(), nullable=True),
        sa.Column("sheep", sa.Integer(), nullable=True),
        sa.Column("goats", sa.Integer(), nullable=True),
        sa.Column("camels", sa.Integer(), nullable=True),
        sa.Column("donkeys", sa.Integer(), nullable=True),
        sa.Column("horses", sa.Integer(), nullable=True),
        sa.Column("animals_total", sa.Integer(), nullable=True),
        sa.Column("trigger_code", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("hh", sa.Integer(), nullable=True),
        sa.Column("root_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_flow")),
    )
    op.create_index(
        op.f("ix_flow_project_uuid_reporting_date_place_id"),
        "flow",
        ["project_uuid", "reporting_date", "place_id"],
    )
    op.create_index(op.f("ix_flow_root_id"), "flow", ["root_id"])
    op.create_table(
        "flow_split",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.Column("root_id", BigId, nullable=False),
        sa.UniqueConstraint(
            "record_id", "dimension", "code", name=op.f("uq_flow_split_record_id_dimension_code")
        ),
    )
    op.create_index(op.f("ix_flow_split_root_id"), "flow_split", ["root_id"])
    op.create_table(
        "observation",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("project_uuid", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("form_version", sa.Text(), nullable=False),
        sa.Column("vocabulary_version", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("round", sa.Text(), nullable=True),
        sa.Column("assessment_type", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=True),
        sa.Column("informant_id", sa.Text(), nullable=True),
        sa.Column("report_time", sa.Text(), nullable=True),
        sa.Column("reporting_date", sa.Date(), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("place_name", sa.Text(), nullable=True),
        sa.Column("place_type", sa.Text(), nullable=True),
        sa.Column("declared_pcode", sa.Text(), nullable=True),
        sa.Column("declared_place_name", sa.Text(), nullable=True),
        sa.Column("adm0_iso3", sa.Text(), nullable=True),
        sa.Column("adm1_pcode", sa.Text(), nullable=True),
        sa.Column("adm1_name", sa.Text(), nullable=True),
        sa.Column("adm2_pcode", sa.Text(), nullable=True),
        sa.Column("adm2_name", sa.Text(), nullable=True),
        sa.Column("adm3_pcode", sa.Text(), nullable=True),
        sa.Column("adm3_name", sa.Text(), nullable=True),
        sa.Column("boundary_release", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("gps_accuracy_m", sa.Float(), nullable=True),
        sa.Column("geotag_method", sa.Text(), nullable=False),
        sa.Column("geotag_flag", sa.Text(), nullable=False),
        sa.Column("geotag_distance_m", sa.Float(), nullable=True),
        sa.Column("estimate_method", sa.Text(), nullable=True),
        sa.Column("estimate_low", sa.Integer(), nullable=True),
        sa.Column("estimate_high", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=True),
        sa.Column("ki_count", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("under_review", sa.Boolean(), nullable=False),
        sa.Column("quality_flags", sa.Text(), nullable=True),
        sa.Column("sensitivity", sa.Text(), nullable=False),
        sa.Column("obs_date", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("obs_start", sa.Text(), nullable=True),
        sa.Column("obs_end", sa.Text(), nullable=True),
        sa.Column("obs_hours", sa.Float(), nullable=True),
        sa.Column("not_observed_reason", sa.Text(), nullable=True),
        sa.Column("root_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_observation")),
    )
    op.create_index(
        op.f("ix_observation_project_uuid_reporting_date_place_id"),
        "observation",
        ["project_uuid", "reporting_date", "place_id"],
    )
    op.create_index(op.f("ix_observation_root_id"), "observation", ["root_id"])
    op.create_table(
        "organisation",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
        sa.UniqueConstraint("uuid", name=op.f("uq_organisation_uuid")),
    )
    op.create_table(
        "origin",
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_origin")),
    )
    op.create_table(
        "profile",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("project_uuid", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("form_version", sa.Text(), nullable=False),
        sa.Column("vocabulary_version", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("round", sa.Text(), nullable=True),
        sa.Column("assessment_type", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=True),
        sa.Column("informant_id", sa.Text(), nullable=True),
        sa.Column("report_time", sa.Text(), nullable=True),
        sa.Column("reporting_date", sa.Date(), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("place_name", sa.Text(), nullable=True),
        sa.Column("place_type", sa.Text(), nullable=True),
        sa.Column("declared_pcode", sa.Text(), nullable=True),
        sa.Column("declared_place_name", sa.Text(), nullable=True),
        sa.Column("adm0_iso3", sa.Text(), nullable=True),
        sa.Column("adm1_pcode", sa.Text(), nullable=True),
        sa.Column("adm1_name", sa.Text(), nullable=True),
        sa.Column("adm2_pcode", sa.Text(), nullable=True),
        sa.Column("adm2_name", sa.Text(), nullable=True),
        sa.Column("adm3_pcode", sa.Text(), nullable=True),
        sa.Column("adm3_name", sa.Text(), nullable=True),
        sa.Column("boundary_release", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("gps_accuracy_m", sa.Float(), nullable=True),
        sa.Column("geotag_method", sa.Text(), nullable=False),
        sa.Column("geotag_flag", sa.Text(), nullable=False),
        sa.Column("geotag_distance_m", sa.Float(), nullable=True),
        sa.Column("estimate_method", sa.Text(), nullable=True),
        sa.Column("estimate_low", sa.Integer(), nullable=True),
        sa.Column("estimate_high", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=True),
        sa.Column("ki_count", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("under_review", sa.Boolean(), nullable=False),
        sa.Column("quality_flags", sa.Text(), nullable=True),
        sa.Column("sensitivity", sa.Text(), nullable=False),
        sa.Column("design", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("consent", sa.Text(), nullable=True),
        sa.Column("consent_text_version", sa.Text(), nullable=True),
        sa.Column("consent_time", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("age_years", sa.Integer(), nullable=True),
        sa.Column("age_band", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("nationality_iso3", sa.Text(), nullable=True),
        sa.Column("birth_iso3", sa.Text(), nullable=True),
        sa.Column("marital", sa.Text(), nullable=True),
        sa.Column("education", sa.Text(), nullable=True),
        sa.Column("employment_before", sa.Text(), nullable=True),
        sa.Column("occupation", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("origin_iso3", sa.Text(), nullable=True),
        sa.Column("origin_adm1", sa.Text(), nullable=True),
        sa.Column("previous_iso3", sa.Text(), nullable=True),
        sa.Column("next_iso3", sa.Text(), nullable=True),
        sa.Column("final_iso3", sa.Text(), nullable=True),
        sa.Column("journey_start", sa.Date(), nullable=True),
        sa.Column("journey_days", sa.Integer(), nullable=True),
        sa.Column("cost_band", sa.Text(), nullable=True),
        sa.Column("transport_main", sa.Text(), nullable=True),
        sa.Column("travel_group", sa.Text(), nullable=True),
        sa.Column("n_children", sa.Integer(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("difficulties", sa.Text(), nullable=True),
        sa.Column("needs", sa.Text(), nullable=True),
        sa.Column("vulnerabilities", sa.Text(), nullable=True),
        sa.Column("intention", sa.Text(), nullable=True),
        sa.Column("owner_herder", sa.Text(), nullable=True),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("stratum", sa.Text(), nullable=True),
        sa.Column("psu", sa.Text(), nullable=True),
        sa.Column("root_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_profile")),
    )
    op.create_index(
        op.f("ix_profile_project_uuid_reporting_date_place_id"),
        "profile",
        ["project_uuid", "reporting_date", "place_id"],
    )
    op.create_index(op.f("ix_profile_root_id"), "profile", ["root_id"])
    op.create_table(
        "project",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.Column("archived_at", UtcInstant, nullable=True),
        sa.Column("settings", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("uuid", name=op.f("uq_project_uuid")),
    )
    op.create_table(
        "raw_body",
        sa.Column("version_id", BigId, autoincrement=False, nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("blob_key", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("version_id", "month", name=op.f("pk_raw_body")),
    )
    op.create_table(
        "record_key",
        sa.Column("submission_id", BigId, autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_record_key")),
    )
    op.create_table(
        "submission",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_uuid", sa.Text(), nullable=False),
        sa.Column("xml_form_id", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("deprecated_id", sa.Text(), nullable=True),
        sa.Column("root_id", BigId, nullable=True),
        sa.Column("received_at", UtcInstant, nullable=False),
        sa.Column("actor_uuid", sa.Text(), nullable=True),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("erased_at", UtcInstant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint(
            "project_uuid",
            "xml_form_id",
            "instance_id",
            name=op.f("uq_submission_project_uuid_xml_form_id_instance_id"),
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_submission_uuid")),
    )
    op.create_index(op.f("ix_submission_deprecated_id"), "submission", ["deprecated_id"])
    op.create_index(
        op.f("ix_submission_project_uuid_xml_form_id_received_at"),
        "submission",
        ["project_uuid", "xml_form_id", "received_at"],
    )
    op.create_index(op.f("ix_submission_root_id"), "submission", ["root_id"])
    op.create_table(
        "tag",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("release_id", BigId, autoincrement=False, nullable=False),
        sa.Column("root_id", BigId, nullable=False),
        sa.Column("declared_place", sa.Text(), nullable=True),
        sa.Column("declared_pcode", sa.Text(), nullable=True),
        sa.Column("measured_pcode", sa.Text(), nullable=True),
        sa.Column("nearest_place", sa.Text(), nullable=True),
        sa.Column("nearest_m", sa.Float(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("flag", sa.Text(), nullable=False),
        sa.Column("distance_m", sa.Float(), nullable=True),
        sa.Column("pcodes", Json, nullable=False),
        sa.PrimaryKeyConstraint("record_id", "release_id", name=op.f("pk_tag")),
    )
    op.create_index(op.f("ix_tag_root_id"), "tag", ["root_id"])
    op.create_table(
        "actor",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=True),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.Column("revoked_at", UtcInstant, nullable=True),
        sa.Column("last_seen_at", UtcInstant, nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_actor_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actor")),
        sa.UniqueConstraint("uuid", name=op.f("uq_actor_uuid")),
    )
    op.create_table(
        "admin_alias",
        sa.Column("id", BigId, nullable=False),
        sa.Column("release_id", BigId, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["release_id"], ["boundary_release.id"], name=op.f("fk_admin_alias_release_id_boundary_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_alias")),
        sa.UniqueConstraint(
            "release_id", "level", "alias", name=op.f("uq_admin_alias_release_id_level_alias")
        ),
    )
    op.create_table(
        "admin_area",
        sa.Column("id", BigId, nullable=False),
        sa.Column("release_id", BigId, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_official", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.Column("parent_id", BigId, nullable=True),
        sa.Column("parent_derived", sa.Boolean(), nullable=False),
        sa.Column("iso3", sa.Text(), nullable=True),
        sa.Column("center_lon", sa.Float(), nullable=False),
        sa.Column("center_lat", sa.Float(), nullable=False),
        sa.Column("area_sqkm", sa.Float(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("geometry", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["boundary_release.id"], name=op.f("fk_admin_area_release_id_boundary_release")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_area")),
        sa.UniqueConstraint("release_id", "level", "code", name=op.f("uq_admin_area_release_id_level_code")),
    )
    op.create_index(op.f("ix_admin_area_release_id_parent_id"), "admin_area", ["release_id", "parent_id"])
    op.create_table(
        "attachment",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("submission_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.Column("blob_key", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", UtcInstant, nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_attachment_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint(
            "submission_id", "name", "digest", name=op.f("uq_attachment_submission_id_name_digest")
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_attachment_uuid")),
    )
    op.create_table(
        "form",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("xml_form_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("current_version_id", BigId, nullable=True),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_form_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form")),
        sa.UniqueConstraint("project_id", "xml_form_id", name=op.f("uq_form_project_id_xml_form_id")),
        sa.UniqueConstraint("uuid", name=op.f("uq_form_uuid")),
    )
    op.create_table(
        "key_informant",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("organisation_id", BigId, nullable=True),
        sa.Column("area_pcode", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_key_informant_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_key_informant_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_informant")),
        sa.UniqueConstraint("project_id", "pseudonym", name=op.f("uq_key_informant_project_id_pseudonym")),
        sa.UniqueConstraint("uuid", name=op.f("uq_key_informant_uuid")),
    )
    op.create_table(
        "place",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("pcode", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("properties", Json, nullable=False),
        sa.Column("updated_at", UtcInstant, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_place_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("project_id", "code", name=op.f("uq_place_project_id_code")),
        sa.UniqueConstraint("uuid", name=op.f("uq_place_uuid")),
    )
    op.create_table(
        "release_activation",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("release_id", BigId, nullable=False),
        sa.Column("activated_at", UtcInstant, nullable=False),
        sa.Column("actor_uuid", sa.Text(), nullable=True),
        sa.Column("retagged_at", UtcInstant, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_release_activation_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["boundary_release.id"],
            name=op.f("fk_release_activation_release_id_boundary_release"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_activation")),
        sa.UniqueConstraint("uuid", name=op.f("uq_release_activation_uuid")),
    )
    op.create_table(
        "submission_version",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("submission_id", BigId, nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("form_version", sa.Text(), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("received_at", UtcInstant, nullable=False),
        sa.Column("actor_uuid", sa.Text(), nullable=True),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("date_header", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_submission_version_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_version")),
        sa.UniqueConstraint(
            "submission_id", "body_hash", name=op.f("uq_submission_version_submission_id_body_hash")
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_submission_version_uuid")),
    )
    op.create_table(
        "assignment",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("actor_id", BigId, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("xml_form_id", sa.Text(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("pcode", sa.Text(), nullable=True),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.Column("revoked_at", UtcInstant, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_assignment_actor_id_actor")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_assignment_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("uuid", name=op.f("uq_assignment_uuid")),
    )
    op.create_index(op.f("ix_assignment_actor_id"), "assignment", ["actor_id"])
    op.create_index(op.f("ix_assignment_project_id"), "assignment", ["project_id"])
    op.create_table(
        "expected_observation",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("place_id", BigId, nullable=False),
        sa.Column("weekdays", sa.Text(), nullable=False),
        sa.Column("opens", sa.Text(), nullable=False),
        sa.Column("closes", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_expected_observation_place_id_place")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expected_observation")),
        sa.UniqueConstraint(
            "place_id", "valid_from", name=op.f("uq_expected_observation_place_id_valid_from")
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_expected_observation_uuid")),
    )
    op.create_table(
        "form_version",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("form_id", BigId, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("xform", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("vocabulary_version", sa.Text(), nullable=False),
        sa.Column("is_mapped", sa.Boolean(), nullable=False),
        sa.Column("published_at", UtcInstant, nullable=False),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_form_version_form_id_form")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_version")),
        sa.UniqueConstraint("form_id", "version", name=op.f("uq_form_version_form_id_version")),
        sa.UniqueConstraint("uuid", name=op.f("uq_form_version_uuid")),
    )
    op.create_table(
        "token",
        sa.Column("id", BigId, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("actor_id", BigId, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.Column("expires_at", UtcInstant, nullable=True),
        sa.Column("revoked_at", UtcInstant, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_token_actor_id_actor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("public_id", name=op.f("uq_token_public_id")),
    )
    op.create_table(
        "form_media",
        sa.Column("id", BigId, nullable=False),
        sa.Column("form_version_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_version.id"], name=op.f("fk_form_media_form_version_id_form_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_media")),
        sa.UniqueConstraint("form_version_id", "name", name=op.f("uq_form_media_form_version_id_name")),
    )
    _protect_audit()


def _protect_audit() -> None:
    """The audit trail is append-only, for whoever holds a connection too."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_no_update")
        op.execute("DROP TRIGGER audit_no_delete")
    else:
        op.execute("DROP TRIGGER audit_append_only ON audit")
        op.execute("DROP FUNCTION audit_is_append_only")
    op.drop_table("form_media")
    op.drop_table("token")
    op.drop_table("form_version")
    op.drop_table("expected_observation")
    op.drop_table("assignment")
    op.drop_table("submission_version")
    op.drop_table("release_activation")
    op.drop_table("place")
    op.drop_table("key_informant")
    op.drop_table("form")
    op.drop_table("attachment")
    op.drop_table("admin_area")
    op.drop_table("admin_alias")
    op.drop_table("actor")
    op.drop_table("tag")
    op.drop_table("submission")
    op.drop_table("record_key")
    op.drop_table("raw_body")
    op.drop_table("project")
    op.drop_table("profile")
    op.drop_table("origin")
    op.drop_table("organisation")
    op.drop_table("observation")
    op.drop_table("flow_split")
    op.drop_table("flow")
    op.drop_table("flag")
    op.drop_table("event")
    op.drop_table("duplicate_pair")
    op.drop_table("duplicate_key")
    op.drop_table("duplicate_candidate")
    op.drop_table("decision")
    op.drop_table("code_list")
    op.drop_table("code_crosswalk")
    op.drop_table("code")
    op.drop_table("change")
    op.drop_table("boundary_release")
    op.drop_table("baseline")
    op.drop_table("audit")
    op.drop_table("answer_row")
