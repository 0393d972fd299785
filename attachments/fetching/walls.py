"""Pages that stand in for the page that was asked for: checks for robots, and those that only a script leaves."""

import re

# Whole titles, or their beginnings up to the name of the site.
_TITLES = re.compile(
    r"""(
        just\ a\ moment | one\ moment(,\ please)? | please\ wait | attention\ required! | checking\ your\ browser
        | access\ (to\ this\ page\ has\ been\ )?denied | security\ (check|verification)
        | pardon\ our\ interruption | robot\ check | are\ you\ a\ robot\?? | are\ you\ (a\ )?human\?? | ddos-guard
        | (please\ )?verify(ing)?\ (that\ )?you\ are\ (a\ )?human | (human|bot|captcha|browser)\ verification
        | (client|browser|javascript)\ challenge | (shieldsquare\ |solve\ the\ )?captcha | you\ have\ been\ blocked
        | (you\ are\ being\ )?redirect(ing|ed)?(\ you|\ to\ .*)? | loading
        | (please\ )?enable\ (javascript|cookies)(\ and\ cookies)?(\ to\ continue)? | 403\ forbidden | forbidden
    )\s*[.…!]*\s*([|·:–—-]\s.*)?""",
    re.IGNORECASE | re.VERBOSE,
)


def is_wall(title: str) -> bool:
    """Whether a page of this title is not what was asked for."""
    return _TITLES.fullmatch(title) is not None
