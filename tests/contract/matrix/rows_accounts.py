from __future__ import annotations

from tests.contract.matrix.row import NAMED, ON_FORM, ON_PROJECT, Row, Rows, given, key, new_address, somebody

ROWS: Rows = {
    ("POST", "/v1/sessions"): Row("anybody", body={"email": "x@example.org", "password": "y"}, also=(401,)),
    ("GET", "/v1/sessions/restore"): Row("anybody", also=(404,)),
    ("DELETE", "/v1/sessions/current"): Row("anybody", also=(404,), bare=True),
    ("DELETE", "/v1/sessions/{token}"): Row("known", also=(403,)),
    ("GET", "/v1/users"): Row("known"),
    ("POST", "/v1/users"): Row("site", "user.create", needs=(lambda o, p: {"body": new_address()},)),
    ("GET", "/v1/users/current"): Row("known"),
    ("POST", "/v1/users/reset/initiate"): Row("anybody", body={"email": "x@example.org"}),
    ("POST", "/v1/users/reset/verify"): Row("anybody", body={"new": "whatever it is"}, also=(401, 403)),
    ("GET", "/v1/users/{user_id}"): Row("account", "user.read", needs=(somebody,)),
    ("PATCH", "/v1/users/{user_id}"): Row("account", "user.update", NAMED, (somebody,)),
    ("PUT", "/v1/users/{user_id}/password"): Row(
        "account", "user.update", {"old": None, "new": "x"}, (somebody,), also=(401,)
    ),
    ("DELETE", "/v1/users/{user_id}"): Row("site", "user.delete", needs=(somebody,)),
    ("GET", "/v1/roles"): Row("known"),
    ("GET", "/v1/roles/{role}"): Row("known"),
    ("GET", "/v1/projects"): Row("anybody"),
    ("POST", "/v1/projects"): Row("site", "project.create", NAMED),
    ("GET", ON_PROJECT): Row("project", "project.read"),
    ("PATCH", ON_PROJECT): Row("project", "project.update", NAMED),
    ("PUT", ON_PROJECT): Row("project", "project.update", NAMED),
    ("GET", ON_PROJECT + "/app-users"): Row("project", "field_key.list"),
    ("POST", ON_PROJECT + "/app-users"): Row("project", "field_key.create", {"displayName": "Gate"}),
    ("GET", ON_PROJECT + "/app-users/{app_user_id}"): Row("project", "field_key.list", needs=(key,)),
    ("DELETE", ON_PROJECT + "/app-users/{app_user_id}"): Row("project", "field_key.delete", needs=(key,)),
    ("GET", ON_PROJECT + "/assignments/forms"): Row("project", "assignment.list"),
    ("GET", ON_PROJECT + "/assignments/forms/{role}"): Row("project", "assignment.list"),
    **{
        (method, prefix + path): Row(level, verb, needs=needs)
        for prefix, level, there in (
            ("/v1", "site", given()),
            (ON_PROJECT, "project", given("project")),
            (ON_FORM, "form", given("project", "form")),
        )
        for method, path, verb, needs in (
            ("GET", "/assignments", "assignment.list", ()),
            ("GET", "/assignments/{role}", "assignment.list", ()),
            ("POST", "/assignments/{role}/{actor_id}", "assignment.create", (somebody,)),
            ("DELETE", "/assignments/{role}/{actor_id}", "assignment.delete", (there,)),
        )
    },
}
