"""Options of ``lessonstream links`` that are about what is shared and followed."""

from __future__ import annotations

from typing import Any, Final

SHARES: Final = {
    "lesson": "asset_id",
    "course": "collection_id",
    "organization": "organization_id",
    "category": "category_id",
    "licence": "licence",
}
"""Names of a line of what is shared, by option."""
PARTS: Final = {
    "lesson": "lesson_id",
    "course": "course_id",
    "owner": "owner",
    "category": "category_code",
    "licence": "licence",
}
"""Names of a part of what is followed, by option."""


def add_parsers(actions: Any, run_in: Any) -> None:
    """The actions of ``links`` that are about contents; ``run_in`` names what runs one."""
    for name, text in (("share", "share a lesson, a course or a set"), ("unshare", "share it no more")):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", metavar="ID")
        for option in SHARES:
            action.add_argument(f"--{option}", metavar="CODE" if option == "licence" else "ID")
        action.add_argument(
            "--everything", action="store_true", help="all of the link's organization and below it"
        )
        action.add_argument("--with-source", action="store_true", help="with the file as it was uploaded")
        action.set_defaults(run=run_in("link_contents", f"run_{name}"))
    action = actions.add_parser("follow", help="have what the other platform shares here, too")
    action.add_argument("id", metavar="ID")
    action.add_argument("--mode", choices=("mirror", "reference"), help="copy it, or play it from there")
    action.add_argument("--visibility", choices=("private", "organization", "subtree", "shared", "public"))
    action.add_argument(
        "--drop-copies", action="store_true", help="with --mode reference: copies become references, too"
    )
    action.add_argument("--with-source", action="store_true", default=None, help="copy sources, too")
    action.add_argument("--everything", action="store_true", help="no part any more")
    action.add_argument("--nothing", action="store_true", help="no part yet: only names arrive")
    for option in PARTS:
        action.add_argument(
            f"--{option}", action="append", default=[], metavar="WORD", help="one part more that is followed"
        )
    action.add_argument("--most-bytes", type=int, metavar="N", help="that may be stored for it; 0: no limit")
    action.add_argument("--bytes-per-second", type=int, metavar="N", help="at most; 0: no limit")
    action.add_argument("--window", metavar="22:00-06:00", help="only between these times; none: at any time")
    action.set_defaults(run=run_in("link_contents", "run_follow"))
    for name, text in (
        ("unfollow", "follow nothing more; what is here stays"),
        ("following", "show what is followed, how far it is, and how long the rest takes"),
        ("lessons", "list lessons that came, and what keeps others from coming"),
        ("courses", "list courses that came"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", metavar="ID")
        action.set_defaults(run=run_in("link_contents", f"run_{name}"))
    action = actions.add_parser("adopt", help="make a copied lesson your own: it follows no more")
    action.add_argument("id", metavar="ID")
    action.add_argument("lesson", metavar="LESSON", help="its ID in the list of lessons")
    action.set_defaults(run=run_in("link_contents", "run_adopt"))
