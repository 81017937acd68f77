"""The tables of every monitoring tool: events, rounds, corridors, and the variables of vocabulary 1.1.

The queue of the pipeline, called `event` until now, becomes `receipt_event`: `event` is what happened in the
field. The code table is filled from the vocabulary at every start, so it is made anew, with its labels by
language.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.tables.base import BigId, Json, UtcInstant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rename_queue("event", "receipt_event")
    op.drop_table("code")
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
    op.add_column("flow", sa.Column("entry_time", sa.Text(), nullable=True))
    op.add_column("flow", sa.Column("interview_channel", sa.Text(), nullable=True))
    op.add_column("flow", sa.Column("source_id", sa.Text(), nullable=True))
    op.add_column("flow", sa.Column("subroute", sa.Text(), nullable=True))
    op.add_column("flow", sa.Column("population_category", sa.Text(), nullable=True))
    op.add_column("key_informant", sa.Column("role", sa.Text(), nullable=True))
    op.add_column("key_informant", sa.Column("sex", sa.Text(), nullable=True))
    op.add_column("key_informant", sa.Column("created_at", UtcInstant(), nullable=True))
    op.add_column("key_informant", sa.Column("retired_at", UtcInstant(), nullable=True))
    op.add_column("key_informant", sa.Column("erased_at", UtcInstant(), nullable=True))
    op.add_column("observation", sa.Column("entry_time", sa.Text(), nullable=True))
    op.add_column("observation", sa.Column("interview_channel", sa.Text(), nullable=True))
    op.add_column("observation", sa.Column("source_id", sa.Text(), nullable=True))
    op.add_column("place", sa.Column("ssid", sa.Text(), nullable=True))
    op.add_column("place", sa.Column("official", sa.Boolean(), nullable=True))
    op.add_column("place", sa.Column("iata", sa.Text(), nullable=True))
    op.add_column("place", sa.Column("paired_code", sa.Text(), nullable=True))
    op.add_column("place", sa.Column("corridor", sa.Text(), nullable=True))
    op.add_column("place", sa.Column("organisation", sa.Text(), nullable=True))
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


def _rename_queue(old: str, new: str) -> None:
    op.drop_index(f"ix_{old}_state_id", old)
    op.drop_index(f"ix_{old}_submission_id", old)
    op.rename_table(old, new)
    op.create_index(f"ix_{new}_state_id", new, ["state", "id"])
    op.create_index(f"ix_{new}_submission_id", new, ["submission_id"])


def downgrade() -> None:
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
    op.drop_column("place", "organisation")
    op.drop_column("place", "corridor")
    op.drop_column("place", "paired_code")
    op.drop_column("place", "iata")
    op.drop_column("place", "official")
    op.drop_column("place", "ssid")
    op.drop_column("observation", "source_id")
    op.drop_column("observation", "interview_channel")
    op.drop_column("observation", "entry_time")
    op.drop_column("key_informant", "erased_at")
    op.drop_column("key_informant", "retired_at")
    op.drop_column("key_informant", "created_at")
    op.drop_column("key_informant", "sex")
    op.drop_column("key_informant", "role")
    op.drop_column("flow", "population_category")
    op.drop_column("flow", "subroute")
    op.drop_column("flow", "source_id")
    op.drop_column("flow", "interview_channel")
    op.drop_column("flow", "entry_time")
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
    op.drop_table("place_status")
    op.drop_table("round")
    op.drop_table("operation")
    op.drop_table("enumerator")
    op.drop_table("corridor")
    op.drop_table("code")
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
    _rename_queue("receipt_event", "event")
