"""Logs in to Cloud by the commands of the release, changes tenants, makes and revokes keys. Input: {"key", "project"}.

Until 0.14 `prefect auth` knows tokens, since 0.15 keys as well, since 1.0 keys only. Output: what was printed.
"""

from release import RELEASE, answer, command, given, refused

KEYS = RELEASE >= (0, 15)
LOGIN = ("auth", "login", "--key" if KEYS else "--token")
KV = (("set", "typed", "hello"), ("get", "typed"), ("list",), ("delete", "typed"), ("list",))
MADE = "key" if KEYS else "token"


def lines(text):
    return [line.split() for line in text.splitlines()]


def create_token(name):
    if RELEASE >= (1,):
        return command("auth", "create-key", "--name", name, "--quiet").split()[-1]
    return command("auth", "create-token", "--name", name, "--scope", "RUNNER").split()[-1]


wrong = refused(*LOGIN, given["key"][:-1] + "-")
login = command(*LOGIN, given["key"])
before = lines(command("auth", "list-tenants"))
switched = command("auth", "switch-tenants", "--slug", "second-team")
after = lines(command("auth", "list-tenants"))
command("create", "project", given["project"])
projects = command("get", "projects")
token = create_token("for an agent")
listed = lines(command("auth", "list-" + MADE + "s"))
[token_id] = [row[3] for row in listed if row[:3] == ["for", "an", "agent"]]
answer(
    wrong=wrong,
    login=login,
    before=before,
    switched=switched,
    after=after,
    projects=projects,
    token=token,
    revoked=command("auth", "revoke-" + MADE, "--id", token_id),
    revoked_again=refused("auth", "revoke-" + MADE, "--id", token_id),
    listed=lines(command("auth", "list-" + MADE + "s")),
    kv=[command("kv", *words) for words in KV] if RELEASE >= (0, 14, 20) else None,
    logout=command("auth", "logout", input="y\n"),
)
