"""What most people would write: FastAPI's UploadFile, a SQLModel session per request, commit, answer.

The measure Waypost's receipt is held against. It has the same authentication, tables, durability (WAL with
synchronous=FULL, or PostgreSQL) and unique index, and less to do: it seals nothing, keeps no keys and writes
no change log. Not part of the product. Needs WAYPOST_* as `waypost serve` does.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, File, HTTPException, Request, UploadFile
from lxml import etree
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from bench.servers import bench_app_state
from sync.tables.log import Event, Origin
from sync.tables.records import RawBody, Submission, SubmissionVersion

app = FastAPI()
state = bench_app_state()


def session() -> Session:
    engine = state.store.engine.execution_options(writing=True)
    with Session(engine) as opened:
        yield opened  # type: ignore[misc]


@app.post("/v1/key/{token}/projects/{project_id}/submission", status_code=201)
def submission(
    token: str,
    project_id: int,
    request: Request,
    db: Annotated[Session, Depends(session)],
    xml_submission_file: Annotated[UploadFile, File()],
) -> dict[str, str]:
    """Parse, look whether it is here, insert, commit."""
    device = state.device_access(token, project_id)
    body = xml_submission_file.file.read()
    root = etree.fromstring(body)
    instance_id = root.findtext(".//{*}instanceID")
    if instance_id is None:
        raise HTTPException(400, "no instanceID")
    form_id = root.get("id") or ""
    known = db.exec(
        select(Submission).where(
            Submission.project_uuid == device.project_uuid,
            Submission.xml_form_id == form_id,
            Submission.instance_id == instance_id,
        )
    ).first()
    if known:
        return {"message": "received before"}
    now = datetime.now(UTC)
    try:
        record = Submission(
            uuid=str(uuid.uuid4()),
            project_uuid=device.project_uuid,
            xml_form_id=form_id,
            instance_id=instance_id,
            received_at=now,
            actor_uuid=device.actor_uuid,
            device_id=request.query_params.get("deviceID"),
        )
        db.add(record)
        origin = db.exec(select(Origin)).one()
        origin.seq += 1
        db.add(origin)
        db.flush()
        version = SubmissionVersion(
            id=origin.seq,
            uuid=str(uuid.uuid4()),
            submission_id=record.id or 0,
            body_hash=hashlib.sha256(body).digest(),
            state="current",
            form_version=root.get("version") or "",
            size=len(body),
            received_at=now,
        )
        db.add(version)
        db.flush()
        db.add(RawBody(version_id=version.id, month=now.year * 100 + now.month, sealed=body))
        db.add(Event(submission_id=record.id or 0, state="waiting", created_at=now))
        db.commit()
    except IntegrityError:
        db.rollback()
    return {"message": "received"}
