"""The tables of every monitoring tool: events, rounds, corridors, and the variables of vocabulary 1.1.

The queue of the pipeline, called `event` until now, becomes `receipt_event`: `event` is what happened in the
field. The code table is made anew, with its labels by language, and the crosswalks, which now belong to
projects; their rows are carried over, so that each code keeps the version it was there from.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from sync.tables.base import BigId, Json, UtcInstant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rename_queue("event", "receipt_event")
    codes, crosswalks = _rows(sa.select(_CODE_BEFORE)), _rows(sa.select(_CROSSWALK_BEFORE))
    op.drop_table("code")
    op.drop_table("code_crosswalk")
    op.create_table(
        "code",
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("labels", Json, nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("retired_in", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("list_name", "code", name=op.f("pk_code")),
    )
    op.create_table(
        "code_crosswalk",
        sa.Column("project_uuid", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("foreign_code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("valid_to", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "project_uuid",
            "source",
            "list_name",
            "foreign_code",
            "valid_from",
            name=op.f("pk_code_crosswalk"),
        ),
    )
    op.create_table(
        "erasure",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("erased_at", UtcInstant(), nullable=False),
        sa.Column("applied_at", UtcInstant(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_erasure")),
    )
    op.create_table(
        "event",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("project_uuid", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("form_version", sa.Text(), nullable=False),
        sa.Column("vocabulary_version", sa.Text(), nullable=False),
        sa.Column("mapping_version", sa.Integer(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("round", sa.Text(), nullable=True),
        sa.Column("assessment_type", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=True),
        sa.Column("informant_id", sa.Text(), nullable=True),
        sa.Column("report_time", sa.Text(), nullable=True),
        sa.Column("entry_time", sa.Text(), nullable=True),
        sa.Column("interview_channel", sa.Text(), nullable=True),
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
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("under_review", sa.Boolean(), nullable=False),
        sa.Column("quality_flags", sa.Text(), nullable=True),
        sa.Column("sensitivity", sa.Text(), nullable=False),
        sa.Column("event_tool", sa.Text(), nullable=True),
        sa.Column("event_stage", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("alert_kind", sa.Text(), nullable=True),
        sa.Column("event_type", sa.Text(), nullable=True),
        sa.Column("movement_alert", sa.Text(), nullable=True),
        sa.Column("trigger_code", sa.Text(), nullable=True),
        sa.Column("event_date", sa.Date(), nullable=True),
        sa.Column("event_time", sa.Text(), nullable=True),
        sa.Column("parties", sa.Text(), nullable=True),
        sa.Column("n_ind", sa.Integer(), nullable=True),
        sa.Column("hh", sa.Integer(), nullable=True),
        sa.Column("dead", sa.Integer(), nullable=True),
        sa.Column("missing", sa.Integer(), nullable=True),
        sa.Column("survivors", sa.Integer(), nullable=True),
        sa.Column("victims_f", sa.Integer(), nullable=True),
        sa.Column("victims_m", sa.Integer(), nullable=True),
        sa.Column("victims_children", sa.Integer(), nullable=True),
        sa.Column("injured", sa.Integer(), nullable=True),
        sa.Column("abducted", sa.Integer(), nullable=True),
        sa.Column("displaced", sa.Integer(), nullable=True),
        sa.Column("animals_lost", sa.Integer(), nullable=True),
        sa.Column("herds", sa.Integer(), nullable=True),
        sa.Column("animals_total", sa.Integer(), nullable=True),
        sa.Column("corridor_id", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("shelter_type", sa.Text(), nullable=True),
        sa.Column("needs", sa.Text(), nullable=True),
        sa.Column("access", sa.Text(), nullable=True),
        sa.Column("return_intended", sa.Integer(), nullable=True),
        sa.Column("future_risk", sa.Text(), nullable=True),
        sa.Column("future_risk_place", sa.Text(), nullable=True),
        sa.Column("authority_informed", sa.Text(), nullable=True),
        sa.Column("authority_time", sa.Text(), nullable=True),
        sa.Column("triangulated", sa.Text(), nullable=True),
        sa.Column("triangulation_sources", sa.Integer(), nullable=True),
        sa.Column("resolved", sa.Text(), nullable=True),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("resolution_mode", sa.Text(), nullable=True),
        sa.Column("death_cause", sa.Text(), nullable=True),
        sa.Column("migration_route", sa.Text(), nullable=True),
        sa.Column("incident_region", sa.Text(), nullable=True),
        sa.Column("unsd_region", sa.Text(), nullable=True),
        sa.Column("region_origin", sa.Text(), nullable=True),
        sa.Column("origin_iso3", sa.Text(), nullable=True),
        sa.Column("location_description", sa.Text(), nullable=True),
        sa.Column("information_source", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("source_quality", sa.Integer(), nullable=True),
        sa.Column("reported_date", sa.Date(), nullable=True),
        sa.Column("cause_said", sa.Text(), nullable=True),
        sa.Column("incident_iso3", sa.Text(), nullable=True),
        sa.Column("origin_countries", sa.Text(), nullable=True),
        sa.Column("root_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_event")),
    )
    op.create_index(
        op.f("ix_event_project_uuid_reporting_date_place_id"),
        "event",
        ["project_uuid", "reporting_date", "place_id"],
        unique=False,
    )
    op.create_index(op.f("ix_event_root_id"), "event", ["root_id"], unique=False)
    op.create_table(
        "corridor",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("official", sa.Boolean(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("pcodes", Json, nullable=False),
        sa.Column("geometry", sa.LargeBinary(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("updated_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_corridor_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corridor")),
        sa.UniqueConstraint("project_id", "code", name=op.f("uq_corridor_project_id_code")),
        sa.UniqueConstraint("uuid", name=op.f("uq_corridor_uuid")),
    )
    op.create_table(
        "enumerator",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("retired_at", UtcInstant(), nullable=True),
        sa.Column("updated_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_enumerator_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enumerator")),
        sa.UniqueConstraint("project_id", "pseudonym", name=op.f("uq_enumerator_project_id_pseudonym")),
        sa.UniqueConstraint("uuid", name=op.f("uq_enumerator_uuid")),
    )
    op.create_table(
        "operation",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("countries", Json, nullable=False),
        sa.Column("updated_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_operation_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
        sa.UniqueConstraint("project_id", "code", name=op.f("uq_operation_project_id_code")),
        sa.UniqueConstraint("uuid", name=op.f("uq_operation_uuid")),
    )
    op.create_table(
        "round",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("project_id", BigId, nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("assessment_type", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("pcodes", Json, nullable=False),
        sa.Column("updated_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_round_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint(
            "project_id",
            "operation",
            "assessment_type",
            "code",
            name=op.f("uq_round_project_id_operation_assessment_type_code"),
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_round_uuid")),
    )
    op.create_table(
        "place_status",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("place_id", BigId, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_place_status_place_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_status")),
        sa.UniqueConstraint("place_id", "valid_from", name=op.f("uq_place_status_place_id_valid_from")),
        sa.UniqueConstraint("uuid", name=op.f("uq_place_status_uuid")),
    )
    op.create_table(
        "form_mapping",
        sa.Column("id", BigId, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("form_version_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("annotations", Json, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("vocabulary_version", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor_uuid", sa.Text(), nullable=True),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_version_id"],
            ["form_version.id"],
            name=op.f("fk_form_mapping_form_version_id_form_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_mapping")),
        sa.UniqueConstraint("form_version_id", "number", name=op.f("uq_form_mapping_form_version_id_number")),
        sa.UniqueConstraint("uuid", name=op.f("uq_form_mapping_uuid")),
    )
    op.add_column("assignment", sa.Column("expires_at", UtcInstant(), nullable=True))
    op.add_column("baseline", sa.Column("mapping_version", sa.Integer(), nullable=True))
    op.add_column("baseline", sa.Column("entry_time", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("interview_channel", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("source_id", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("cohort", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("destination_iso3", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("destination_adm1_pcode", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("destination_adm2_pcode", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("reason_place", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("return_reason", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("access_limits", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("official", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("lifecycle", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("opens", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("closes", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("days_per_week", sa.Integer(), nullable=True))
    op.add_column("baseline", sa.Column("paired_place_id", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("iata", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("managed_by", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("transport_modes", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("movement_directions", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("corridor_id", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("infra_count", sa.Integer(), nullable=True))
    op.add_column("baseline", sa.Column("infra_adequate", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("distance_min", sa.Integer(), nullable=True))
    op.add_column("baseline", sa.Column("species", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("herds", sa.Integer(), nullable=True))
    op.add_column("baseline", sa.Column("animals_total", sa.Integer(), nullable=True))
    op.add_column("baseline", sa.Column("blocked_reason", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("blocked_solution", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("water_source", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("food_source", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("toilets", sa.Integer(), nullable=True))
    op.add_column("baseline", sa.Column("health_access", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("education_access", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("livelihoods", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("protection_risks", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("info_channels", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("assistance", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("assessed_type", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("lifecycle_since", sa.Date(), nullable=True))
    op.add_column("baseline", sa.Column("lifecycle_until", sa.Date(), nullable=True))
    op.add_column("baseline", sa.Column("lifecycle_reason", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("paired_iso3", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("actors_present", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("route", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("subroute", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("network", sa.Text(), nullable=True))
    op.add_column("baseline", sa.Column("staff", sa.Integer(), nullable=True))
    op.add_column("baseline", sa.Column("arrival_date", sa.Date(), nullable=True))
    op.add_column("baseline", sa.Column("trigger_code", sa.Text(), nullable=True))
    op.add_column("boundary_release", sa.Column("aliases", sa.Text(), nullable=True))
    op.add_column("flow", sa.Column("mapping_version", sa.Integer(), nullable=True))
    op.add_column("flow", sa.Column("entry_time", sa.Text(), nullable=True))
    op.add_column("flow", sa.Column("interview_channel", sa.Text(), nullable=True))
    op.add_column("flow", sa.Column("source_id", sa.Text(), nullable=True))
    op.add_column("flow", sa.Column("subroute", sa.Text(), nullable=True))
    op.add_column("flow", sa.Column("population_category", sa.Text(), nullable=True))
    op.add_column("key_informant", sa.Column("role", sa.Text(), nullable=True))
    op.add_column("key_informant", sa.Column("sex", sa.Text(), nullable=True))
    op.add_column("key_informant", sa.Column("wrapped", sa.LargeBinary(), nullable=True))
    op.add_column("key_informant", sa.Column("phone_digest", sa.LargeBinary(), nullable=True))
    op.add_column("key_informant", sa.Column("source_code", sa.Text(), nullable=True))
    op.add_column("key_informant", sa.Column("created_at", UtcInstant(), nullable=True))
    op.add_column("key_informant", sa.Column("retired_at", UtcInstant(), nullable=True))
    op.add_column("key_informant", sa.Column("erased_at", UtcInstant(), nullable=True))
    op.add_column("observation", sa.Column("mapping_version", sa.Integer(), nullable=True))
    op.add_column("observation", sa.Column("entry_time", sa.Text(), nullable=True))
    op.add_column("observation", sa.Column("interview_channel", sa.Text(), nullable=True))
    op.add_column("observation", sa.Column("source_id", sa.Text(), nullable=True))
    op.add_column("organisation", sa.Column("release_after_days", sa.Integer(), nullable=True))
    op.add_column("organisation", sa.Column("updated_at", UtcInstant(), nullable=True))
    op.add_column("place", sa.Column("ssid", sa.Text(), nullable=True))
    op.add_column("place", sa.Column("official", sa.Boolean(), nullable=True))
    op.add_column("place", sa.Column("iata", sa.Text(), nullable=True))
    op.add_column("place", sa.Column("paired_code", sa.Text(), nullable=True))
    op.add_column("place", sa.Column("corridor", sa.Text(), nullable=True))
    op.add_column("place", sa.Column("designated", sa.Boolean(), nullable=True))
    op.add_column("place", sa.Column("organisation", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("mapping_version", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("entry_time", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("interview_channel", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("source_id", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("consent_photo", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("consent_sharing", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("consent_recontact", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("assent", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("guardian_consent", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("planned_stay", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("final_adm1", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("origin_adm2", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("final_adm2", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("exploitation", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("doc_status", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("skills", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("referrals", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("family_size", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("returned_from", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("returned_from_adm1", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("return_type", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("return_date", sa.Date(), nullable=True))
    op.add_column("profile", sa.Column("return_reason", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("household_id", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("relationship", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("hh_size", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("ilcs_migrated", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("ilcs_paid_work", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("ilcs_activity", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("ilcs_status", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("ilcs_time", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("ilcs_reason_not", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("cattle", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("sheep", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("goats", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("camels", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("donkeys", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("horses", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("transhumance_type", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("corridor_id", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("months_away", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("certificate", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("vaccinated", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("conflict_met", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("strata_population", sa.Float(), nullable=True))
    op.add_column("profile", sa.Column("consent_language", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("transit_iso3", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("stay_origin", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("group_size", sa.Integer(), nullable=True))
    op.add_column("profile", sa.Column("shelter_type", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("water_source", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("food_source", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("livelihoods", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("assistance", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("health_access", sa.Text(), nullable=True))
    op.add_column("profile", sa.Column("attends_school", sa.Text(), nullable=True))
    op.bulk_insert(_CODE, [_with_labels(row) for row in codes])
    op.bulk_insert(_CROSSWALK, [_of_all_projects(row) for row in crosswalks])


_CODE = sa.table(
    "code",
    *(sa.column(name, sa.Text()) for name in ("list_name", "code", "label", "valid_from", "retired_in")),
    sa.column("labels", Json),
)
_CODE_BEFORE = sa.table(
    "code",
    *(
        sa.column(name, sa.Text())
        for name in ("list_name", "code", "label_en", "label_fr", "valid_from", "retired_in")
    ),
)
_CROSSWALK_BEFORE = sa.table(
    "code_crosswalk",
    *(
        sa.column(name, sa.Text())
        for name in ("source", "list_name", "foreign_code", "code", "valid_from", "valid_to")
    ),
)
_CROSSWALK = sa.table(
    "code_crosswalk",
    *(
        sa.column(name, sa.Text())
        for name in (
            "project_uuid",
            "source",
            "list_name",
            "foreign_code",
            "valid_from",
            "valid_to",
            "code",
            "note",
        )
    ),
)


def _rows(statement: sa.Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in op.get_bind().execute(statement).mappings()]


def _with_labels(row: dict[str, Any]) -> dict[str, Any]:
    """The texts of the version before; the labels of this one are loaded at its first start."""
    labels = {"fr": row["label_fr"]} if row["label_fr"] else {}
    kept = {name: row[name] for name in ("list_name", "code", "valid_from", "retired_in")}
    return {**kept, "label": row["label_en"], "labels": labels}


def _of_all_projects(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "valid_from": row["valid_from"] or "", "project_uuid": "", "note": ""}


def _rename_queue(old: str, new: str) -> None:
    op.drop_index(f"ix_{old}_state_id", old)
    op.drop_index(f"ix_{old}_submission_id", old)
    op.rename_table(old, new)
    if op.get_bind().dialect.name == "postgresql":  # else the new table's key would find its name taken
        op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
    op.create_index(f"ix_{new}_state_id", new, ["state", "id"])
    op.create_index(f"ix_{new}_submission_id", new, ["submission_id"])


def downgrade() -> None:
    codes, crosswalks = _rows(sa.select(_CODE)), _rows(_shipped_and_open())
    op.drop_column("profile", "attends_school")
    op.drop_column("profile", "health_access")
    op.drop_column("profile", "assistance")
    op.drop_column("profile", "livelihoods")
    op.drop_column("profile", "food_source")
    op.drop_column("profile", "water_source")
    op.drop_column("profile", "shelter_type")
    op.drop_column("profile", "group_size")
    op.drop_column("profile", "stay_origin")
    op.drop_column("profile", "transit_iso3")
    op.drop_column("profile", "consent_language")
    op.drop_column("profile", "strata_population")
    op.drop_column("profile", "conflict_met")
    op.drop_column("profile", "vaccinated")
    op.drop_column("profile", "certificate")
    op.drop_column("profile", "months_away")
    op.drop_column("profile", "corridor_id")
    op.drop_column("profile", "transhumance_type")
    op.drop_column("profile", "horses")
    op.drop_column("profile", "donkeys")
    op.drop_column("profile", "camels")
    op.drop_column("profile", "goats")
    op.drop_column("profile", "sheep")
    op.drop_column("profile", "cattle")
    op.drop_column("profile", "ilcs_reason_not")
    op.drop_column("profile", "ilcs_time")
    op.drop_column("profile", "ilcs_status")
    op.drop_column("profile", "ilcs_activity")
    op.drop_column("profile", "ilcs_paid_work")
    op.drop_column("profile", "ilcs_migrated")
    op.drop_column("profile", "hh_size")
    op.drop_column("profile", "relationship")
    op.drop_column("profile", "household_id")
    op.drop_column("profile", "return_reason")
    op.drop_column("profile", "return_date")
    op.drop_column("profile", "return_type")
    op.drop_column("profile", "returned_from_adm1")
    op.drop_column("profile", "returned_from")
    op.drop_column("profile", "family_size")
    op.drop_column("profile", "referrals")
    op.drop_column("profile", "skills")
    op.drop_column("profile", "doc_status")
    op.drop_column("profile", "exploitation")
    op.drop_column("profile", "final_adm2")
    op.drop_column("profile", "origin_adm2")
    op.drop_column("profile", "final_adm1")
    op.drop_column("profile", "planned_stay")
    op.drop_column("profile", "guardian_consent")
    op.drop_column("profile", "assent")
    op.drop_column("profile", "consent_recontact")
    op.drop_column("profile", "consent_sharing")
    op.drop_column("profile", "consent_photo")
    op.drop_column("profile", "source_id")
    op.drop_column("profile", "interview_channel")
    op.drop_column("profile", "entry_time")
    op.drop_column("profile", "mapping_version")
    op.drop_column("place", "organisation")
    op.drop_column("place", "designated")
    op.drop_column("place", "corridor")
    op.drop_column("place", "paired_code")
    op.drop_column("place", "iata")
    op.drop_column("place", "official")
    op.drop_column("place", "ssid")
    op.drop_column("organisation", "updated_at")
    op.drop_column("organisation", "release_after_days")
    op.drop_column("observation", "source_id")
    op.drop_column("observation", "interview_channel")
    op.drop_column("observation", "entry_time")
    op.drop_column("observation", "mapping_version")
    op.drop_column("key_informant", "erased_at")
    op.drop_column("key_informant", "retired_at")
    op.drop_column("key_informant", "created_at")
    op.drop_column("key_informant", "source_code")
    op.drop_column("key_informant", "phone_digest")
    op.drop_column("key_informant", "wrapped")
    op.drop_column("key_informant", "sex")
    op.drop_column("key_informant", "role")
    op.drop_column("flow", "population_category")
    op.drop_column("flow", "subroute")
    op.drop_column("flow", "source_id")
    op.drop_column("flow", "interview_channel")
    op.drop_column("flow", "entry_time")
    op.drop_column("flow", "mapping_version")
    op.drop_column("boundary_release", "aliases")
    op.drop_column("baseline", "trigger_code")
    op.drop_column("baseline", "arrival_date")
    op.drop_column("baseline", "staff")
    op.drop_column("baseline", "network")
    op.drop_column("baseline", "subroute")
    op.drop_column("baseline", "route")
    op.drop_column("baseline", "actors_present")
    op.drop_column("baseline", "paired_iso3")
    op.drop_column("baseline", "lifecycle_reason")
    op.drop_column("baseline", "lifecycle_until")
    op.drop_column("baseline", "lifecycle_since")
    op.drop_column("baseline", "assessed_type")
    op.drop_column("baseline", "assistance")
    op.drop_column("baseline", "info_channels")
    op.drop_column("baseline", "protection_risks")
    op.drop_column("baseline", "livelihoods")
    op.drop_column("baseline", "education_access")
    op.drop_column("baseline", "health_access")
    op.drop_column("baseline", "toilets")
    op.drop_column("baseline", "food_source")
    op.drop_column("baseline", "water_source")
    op.drop_column("baseline", "blocked_solution")
    op.drop_column("baseline", "blocked_reason")
    op.drop_column("baseline", "animals_total")
    op.drop_column("baseline", "herds")
    op.drop_column("baseline", "species")
    op.drop_column("baseline", "distance_min")
    op.drop_column("baseline", "infra_adequate")
    op.drop_column("baseline", "infra_count")
    op.drop_column("baseline", "corridor_id")
    op.drop_column("baseline", "movement_directions")
    op.drop_column("baseline", "transport_modes")
    op.drop_column("baseline", "managed_by")
    op.drop_column("baseline", "iata")
    op.drop_column("baseline", "paired_place_id")
    op.drop_column("baseline", "days_per_week")
    op.drop_column("baseline", "closes")
    op.drop_column("baseline", "opens")
    op.drop_column("baseline", "lifecycle")
    op.drop_column("baseline", "official")
    op.drop_column("baseline", "access_limits")
    op.drop_column("baseline", "return_reason")
    op.drop_column("baseline", "reason_place")
    op.drop_column("baseline", "destination_adm2_pcode")
    op.drop_column("baseline", "destination_adm1_pcode")
    op.drop_column("baseline", "destination_iso3")
    op.drop_column("baseline", "cohort")
    op.drop_column("baseline", "source_id")
    op.drop_column("baseline", "interview_channel")
    op.drop_column("baseline", "entry_time")
    op.drop_column("baseline", "mapping_version")
    op.drop_column("assignment", "expires_at")
    op.drop_table("form_mapping")
    op.drop_table("place_status")
    op.drop_table("round")
    op.drop_table("operation")
    op.drop_table("enumerator")
    op.drop_table("corridor")
    op.drop_index(op.f("ix_event_root_id"), table_name="event")
    op.drop_index(op.f("ix_event_project_uuid_reporting_date_place_id"), table_name="event")
    op.drop_table("event")
    op.drop_table("erasure")
    op.drop_table("code_crosswalk")
    op.drop_table("code")
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
        "code",
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("label_fr", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("retired_in", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("list_name", "code", name=op.f("pk_code")),
    )
    op.bulk_insert(_CODE_BEFORE, [_with_two_labels(row) for row in codes])
    op.bulk_insert(
        _CROSSWALK_BEFORE, [{**row, "valid_from": row["valid_from"] or None} for row in crosswalks]
    )
    _rename_queue("receipt_event", "event")


def _with_two_labels(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in ("list_name", "code", "valid_from", "retired_in")}
    return {**kept, "label_en": row["label"], "label_fr": row["labels"].get("fr", row["label"])}


def _shipped_and_open() -> sa.Select[Any]:
    """What the table before has room for: one row for each foreign code, the same for all projects."""
    columns = [_CROSSWALK.c[column.name] for column in _CROSSWALK_BEFORE.columns]
    ours = _CROSSWALK.c.project_uuid == ""
    return sa.select(*columns).where(ours, _CROSSWALK.c.valid_to.is_(None))
