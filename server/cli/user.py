"""`waypost user`: people's accounts, for the console and for clients of the REST API."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import invocation

if TYPE_CHECKING:
    from sync.permissions import SystemRole

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="People's accounts: an e-mail address, a password, and roles on the site or on projects.",
)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address somebody signs in with.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, its first line.")
]


@app.command()
def create(
    email: Email,
    role: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE",
            help="admin, coordinator (or manager), supervisor, analyst, viewer, formfill or formview.",
        ),
    ] = None,
    project: Annotated[
        list[int] | None,
        typer.Option(metavar="ID", help="The role holds on this project; repeat for more. Default: on all."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What people call them. Default: the address.")] = None,
    password_stdin: PasswordStdin = False,
) -> None:
    """Create an account. Without a password nobody signs in with it until one is set.

    The password comes from a file or a pipe, never from the command line, where others can read it.

    \b
    waypost user create amina@example.org --role admin --password-stdin < password.txt
    waypost user create paul@example.org --role coordinator --project 1 --project 2
    """
    from sync.accounts import create_user
    from sync.assignments import Place, give_role
    from sync.problems import Invalid
    from sync.registry import get_project
    from sync.store import WriteSession

    given = None if role is None else _role(role)
    if project and given is None:
        raise Invalid("A project is given and no role.", "Give --role too: it is what holds on the project.")
    hashed = _hash(email) if password_stdin else None

    def work(session: WriteSession) -> int:
        made = create_user(session, email, name, hashed)
        for project_id in project or ():
            get_project(session, project_id)
        if given is not None:
            for place in [Place(project_id) for project_id in project or ()] or [Place()]:
                give_role(session, place, given, made)
        return made

    with invocation.opened_store() as store:
        user_id = store.write(work)
    where = f"project {', '.join(map(str, project))}" if project else "the whole site"
    can = f"{given.name} on {where}" if given else "no role yet"
    value = {
        "id": user_id,
        "email": email,
        "role": given.system if given else None,
        "projects": project or None,
    }
    lines = [f"User {user_id}: {email}, {can}"]
    if hashed is None:
        lines.append(f"No password is set: waypost user password {email} --password-stdin < FILE")
    invocation.show(value, "\n".join(lines))


@app.command("list")
def list_all() -> None:
    """List the users with their roles. No password is among it, not even its hash.

    \b
    waypost user list
    """
    from sync.access import grants_of
    from sync.accounts import list_users

    with invocation.opened_store() as store, store.read() as session:
        users = [
            {
                "id": row["id"],
                "email": row["email"],
                "name": row["name"],
                "password": row["password_hash"] is not None,
                "last_login_at": row["last_login_at"],
                "roles": [
                    {"role": grant.role, "project": grant.project_id, "form": grant.xml_form_id}
                    for grant in grants_of(session, row["id"])
                ],
            }
            for row in list_users(session)
        ]
    invocation.show(
        users,
        lambda: invocation.table(
            [
                (u["id"], u["email"], u["name"], "yes" if u["password"] else "no", _told(u["roles"]))
                for u in users
            ],
            ("id", "email", "name", "password", "roles"),
            "No user yet. `waypost user create EMAIL --role admin --password-stdin` makes one.",
        ),
    )


@app.command()
def password(email: Email, password_stdin: PasswordStdin = False) -> None:
    """Set a new password. All sessions of the user end.

    \b
    waypost user password amina@example.org --password-stdin < password.txt
    """
    from sync.accounts import set_password, user_of_email
    from sync.problems import Invalid

    if not password_stdin:
        raise Invalid(
            "A password is never given on the command line, where others can read it.",
            "Give --password-stdin and send it through a file or a pipe.",
        )
    with invocation.opened_store() as store:
        with store.read() as session:
            user_id = int(user_of_email(session, email)["id"])
        hashed = _hash(email)
        store.write(lambda session: set_password(session, user_id, hashed))
    invocation.show({"id": user_id, "email": email}, f"{email} has a new password; every session ended.")


@app.command()
def reset(email: Email) -> None:
    """Let somebody set a new password by themselves, once, within a day; print the token for it.

    This server sends no mail: hand the token over yourself. It goes, as a Bearer, to
    POST /v1/users/reset/verify with {"new": PASSWORD}. The old password holds until then.

    \b
    waypost user reset amina@example.org
    """
    from sync.accounts import user_of_email
    from sync.sessions import begin_reset

    with invocation.opened_store() as store:
        with store.read() as session:
            user_id = int(user_of_email(session, email)["id"])
        begun = store.write(lambda session: begin_reset(session, user_id))
    value = {"id": user_id, "email": email, "token": begun.token, "expires_at": begun.expires_at}
    invocation.show(
        value, f"Token  {begun.token}   (shown now and never again; good until {begun.expires_at})"
    )


@app.command()
def retire(email: Email) -> None:
    """End an account with its sessions and roles. What the person did stays theirs; the address is free.

    \b
    waypost user retire paul@example.org
    """
    from sync.accounts import retire_user, user_of_email

    with invocation.opened_store() as store:
        with store.read() as session:
            user_id = int(user_of_email(session, email)["id"])
        store.write(lambda session: retire_user(session, user_id))
    invocation.show({"id": user_id, "email": email, "retired": True}, f"{email} is retired.")


def _hash(email: str) -> str:
    """The hash of the password on standard input. Raises PasswordTooShort, PasswordTooWeak."""
    from sync.passwords import check_new_password, hash_password

    line = sys.stdin.readline().rstrip("\r\n")
    return hash_password(check_new_password(line, email))


def _role(name: str) -> SystemRole:
    from sync.permissions import ROLES, find_role
    from sync.problems import Invalid
    from sync.tables.access import Role

    found = find_role(name)
    if found is None or found.role in (None, Role.APP_USER):
        given = [each.system for each in ROLES if each.role not in (None, Role.APP_USER)]
        raise Invalid(f"{name!r} is not a role of a person.", f"Use one of {', '.join(given)}.")
    return found


def _told(roles: object) -> str:
    assert isinstance(roles, list)
    return ", ".join(
        each["role"]
        + (f" on project {each['project']}" if each["project"] else " on the site")
        + (f", form {each['form']}" if each["form"] else "")
        for each in roles
    )
