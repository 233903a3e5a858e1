"""`key create|list|revoke`: API keys; the text of a key is shown once, when it is made."""

import click

from services.registry.commands.context import opened
from services.registry.keys import KEY_KINDS, SCOPES, KeyKind, create_key, list_keys, revoke_key


@click.group("key")
def key_group() -> None:
    """API keys of members, coordinators and administrators."""


@key_group.command("create")
@click.option("--member", "member_id", help="The member whose key it is.")
@click.option("--kind", type=click.Choice(KEY_KINDS), help="Default: member, if one is named.")
@click.option("--label", default="", help="What it is for, to recognise it later.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650))
@click.option("--read-only", is_flag=True, help="The key may look and not change.")
def create(
    member_id: str | None, kind: KeyKind | None, label: str, days: int, *, read_only: bool
) -> None:
    """Make a key and show it, this once."""
    chosen: KeyKind = kind or ("member" if member_id else "coordinator")
    scopes = SCOPES[:1] if read_only else SCOPES
    with opened() as here, here.work() as work:
        key, text = create_key(work, chosen, member_id, label=label, scopes=scopes, days=days)
    click.echo(f"Key {key.id} ({chosen}), valid until {key.expires_at:%Y-%m-%d}. Keep it safe:")
    click.echo(text)


@key_group.command("list")
@click.option("--member", "member_id", help="Only this member's.")
def list_all(member_id: str | None) -> None:
    """Every key, without its secret."""
    with opened() as here:
        now = here.clock.now()
        with here.database.read() as connection:
            found = list_keys(connection, member_id)
    for key in found:
        state = "live" if key.is_live(now) else ("revoked" if key.revoked_at else "expired")
        owner = key.member_id or "-"
        scopes = ",".join(key.scopes)
        click.echo(
            f"{key.id}  {key.kind:<11}  {owner}  {scopes}  {state}  "
            f"until {key.expires_at:%Y-%m-%d}  {key.label}"
        )
    if not found:
        click.echo("No keys yet. Make one with `key create`.")


@key_group.command("revoke")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Refuse a key from now on."""
    with opened() as here, here.work() as work:
        revoke_key(work, key_id)
    click.echo(f"Key {key_id} is refused from now on.")
