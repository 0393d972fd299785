"""A client of the running server that makes what an operation needs, through the API alone."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from typing import Any

from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.files import picture

_BOUNDARY = "x-boundary-x"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The body, or None."""
        return json.loads(self.content) if self.content else None


@dataclass(frozen=True)
class Request:
    """One call: the values of the path's parameters, the query, and the body as JSON or as a form."""

    path: dict[str, Any]
    body: dict[str, Any] | None = None
    query: str = ""
    form: dict[str, Any] | None = None


class World:
    """Calls the server with a token, and makes rows. Every name is new."""

    def __init__(self, port: int, token: str | None = None, page: str = "") -> None:
        self._port = port
        # A page that links may lead to.
        self.page = page
        self._token = token
        self._numbers = count(1)
        # Of each kind of thing one that is only looked at.
        self._kept: dict[str, Any] = {}

    def send(self, method: str, path: str, request: Request) -> Answer:
        """Call an operation by its path in the contract."""
        body, headers = None, {"Host": "localhost"}
        if self._token:
            headers["Authorization"] = f"Token {self._token}"
        if request.form is not None:
            body, headers["Content-Type"] = _form(request.form), f"multipart/form-data; boundary={_BOUNDARY}"
        elif request.body is not None:
            body, headers["Content-Type"] = json.dumps(request.body).encode(), "application/json"
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        connection.request(method, path.format_map(request.path) + request.query, body, headers)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        content = answer.read()
        connection.close()
        return Answer(answer.status, names, content)

    def make(self, path: str, **body: Any) -> Any:
        """POST, which has to succeed; the JSON."""
        answer = self.send("POST", f"/api/{path}", Request({}, body))
        assert answer.status in {200, 201}, (path, answer.status, answer.content)
        return answer.json

    def new(self, what: str) -> str:
        """A name that nothing has yet."""
        return f"{what} {next(self._numbers)}"

    def type(self) -> Any:
        """A type."""
        return self.make("types", name=self.new("Type"))

    def part(self) -> Any:
        """A part, whose every field is filled."""
        return self.make("parts", type_id=self.type()["id"], **part_fields())

    def part_with_picture(self) -> Any:
        """One whose cover is a picture; it is only looked at."""
        if "part" not in self._kept:
            part = self._kept["part"] = self.part()
            self.picture(part["attachment_set_id"])
            self.content(part=part)
        return self._kept["part"]

    def picture(self, set_id: int) -> Any:
        """A picture in this set."""
        path = f"/api/attachment-sets/{set_id}/attachments"
        answer = self.send("POST", path, Request({}, form={"title": "Front", "file": picture()}))
        assert answer.status == 201, answer.content
        return answer.json

    def kit(self) -> Any:
        """A kit."""
        return self.make("kits", name=self.new("Kit"), description="To build", build_target=2)

    def content(self, part: Any = None, kit: Any = None) -> Any:
        """A row of a kit."""
        part, kit = part or self.part(), kit or self.kit()
        return self.make(f"kits/{kit['id']}/contents", part_id=part["id"], required_per_unit=3, note="R1")

    def box(self) -> Any:
        """A box with three places."""
        return self.make("boxes", description=self.new("Box"), capacity=3)

    def stocked(self) -> tuple[Any, Any]:
        """A part of which ten lie in the first place of a box; both."""
        part, box = self.part(), self.box()
        self.make(f"inventory/parts/{part['key']}/stock", box_no=box["box_no"], loc_no=1, qty=10)
        return part, box


def part_fields() -> dict[str, Any]:
    """What a person may write about a part."""
    return {
        "description": "Precision timer",
        "manufacturer_code": "NE555P",
        "manufacturer": "Texas Instruments",
        "product_page": "https://www.example.com/ne555/",
        "package": "DIP-8",
        "pin_count": 8,
        "pin_pitch": "2.54 mm",
        "voltage_rating": "16 V",
        "input_voltage": "5 V",
        "output_voltage": "5 V",
        "mounting_type": "through-hole",
        "series": "555",
        "dimensions": "9 × 6 mm",
        "tags": ["analog", "timer"],
    }


def _form(fields: dict[str, Any]) -> bytes:
    parts = []
    for name, value in fields.items():
        file = isinstance(value, bytes)
        head = f'Content-Disposition: form-data; name="{name}"' + ('; filename="front.jpg"' if file else "")
        parts.append(f"--{_BOUNDARY}\r\n{head}\r\n\r\n".encode() + (value if file else str(value).encode()) + b"\r\n")
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()
