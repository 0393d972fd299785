"""Whether a file is a PDF, told from its first 1,024 bytes, in which `%PDF-` may stand (ISO 32000-1, appendix H.3).

Before it may stand what mailers, servers, printers and PHP leave there, and bytes that are no text. Any other text is
the file itself: a program with `%PDF-` in it is no document.
"""

import re

_SIGNATURE = b"%PDF-"
_HEADER_NAMES = (
    rb"accept-ranges|age|arc-[a-z-]+|authentication-results|bcc|cache-control|cc|connection|content-[a-z-]+|cookie|date|"
    rb"delivered-to|dkim-signature|etag|expires|from|importance|in-reply-to|keep-alive|last-modified|list-[a-z-]+|location|"
    rb"message-id|mime-version|p3p|pragma|priority|received|references|reply-to|return-path|sender|server|set-cookie|"
    rb"status|strict-transport-security|subject|thread-[a-z]+|to|transfer-encoding|user-agent|vary|via|x-[a-z0-9-]+"
)
# What a whole line before the signature may be. The signature may follow on the same line.
_LINES = re.compile(
    rb"(?:"
    # Nothing that can be read; the escape sequences of printers among it.
    rb"(?:[\x00-\x20\x7f-\xff]|\x1b(?:E|%-12345X|&[a-z0-9]+[A-Z]))*"
    # Printers: PJL.
    rb"|(?:\x1bE|\x1b%-12345X)*@PJL[^\r\n]*"
    # Mailers and servers: headers, also folded, status lines, boundaries, the length of a chunk.
    rb"|(?:" + _HEADER_NAMES + rb"):[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*"
    rb"|http/\d(?:\.\d)? \d{3}[^\r\n]*"
    rb"|from [^\r\n]+\d\d:\d\d[^\r\n]*"
    rb"|--[-=_.a-z0-9'()+,/:?]{1,70}"
    rb"|this is a multi-?part message in mime format\.?"
    rb"|[0-9a-f]{1,8}(?:;[^\r\n]*)?"
    # PHP: what it has to say about the script, with or without HTML.
    rb"|(?:<br ?/?>)?(?:<b>)?(?:php )?(?:warning|notice|deprecated|strict standards|fatal error|parse error)(?:</b>)?:"
    rb"(?:[^<\r\n]|</?(?:a|b|br|i)\b[^>\r\n]*>)*"
    rb"|<br ?/?>"
    rb"|<\?xml[^>\r\n]*\?>"
    rb")",
    re.IGNORECASE,
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def is_pdf(head: bytes) -> bool:
    """Whether `%PDF-` stands in the head, with nothing before it that would make the file something else."""
    at = head.find(_SIGNATURE)
    if at < 0:
        return False
    before = head[:at].removeprefix(_BYTE_ORDER_MARK)
    return all(_LINES.fullmatch(line) for line in _lines(before))


def _lines(before: bytes) -> list[bytes]:
    # A folded header goes on in the next line, which begins with a blank.
    return re.split(rb"\r?\n(?![ \t]+\S)|\r(?!\n)", before)
