"""`manage.py serve`: the web server and the event stream, as one program."""

import os
import re
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.inventory.stream.client import Stream
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.deaths import children, is_alive, wait_until
from tests.plugins.pair import Pair, serving_pair
from tests.plugins.server import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once, pytest.mark.long]


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True


def answers(pair: Pair) -> bool:
    connection = HTTPConnection("127.0.0.1", pair.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/health/live", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_streams_survive_a_reload_and_a_dead_stream_is_started_again() -> None:
    with serving_pair(STREAM_HEARTBEAT_SECONDS="0.2") as pair:
        stream = Stream(pair.stream_port)
        stream.until(lambda opened: opened.comments)

        # New code: HUP replaces the workers of the web server, and nothing else.
        web, workers, process = pair.web, set(children(pair.web)), pair.stream
        os.kill(pair.pid, signal.SIGHUP)
        wait_until(lambda: len(now := set(children(web))) == 2 and not now & workers)
        wait_until(lambda: answers(pair))
        seen = stream.comments
        stream.until(lambda opened: opened.comments > seen + 2)
        assert (pair.web, pair.stream) == (web, process)
        stream.close()

        # The second generation of the web server takes its place.
        stream = Stream(pair.stream_port)
        os.kill(pair.pid, signal.SIGUSR2)
        wait_until(lambda: not is_alive(web) and "gunicorn.conf.py" in "".join(map(command, children(pair.pid))))
        assert pair.web != web
        wait_until(lambda: answers(pair))
        seen = stream.until(lambda opened: opened.comments)
        stream.until(lambda opened: opened.comments > seen + 2)
        stream.close()

        # The whole stream process dies, though nobody told it to.
        os.kill(process, signal.SIGKILL)
        said = "The event stream has ended (exit code -9). It is started again in 1 s."
        wait_until(lambda: said in pair.log.read_text("utf-8"))
        wait_until(lambda: listens(pair.stream_port))
        assert answers(pair)
        wait_until(lambda: all(map(is_alive, children(pair.pid))))  # no zombies stay

        # The web server is what counts.
        web, process = pair.web, pair.stream
        os.kill(web, signal.SIGKILL)
        wait_until(lambda: not is_alive(pair.pid) and not is_alive(process))


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_ends_both(number: signal.Signals) -> None:
    with serving_pair() as pair:
        web, process = pair.web, pair.stream
        stream = Stream(pair.stream_port)
        stream.until(lambda opened: opened.comments)
        os.kill(pair.pid, number)
        # Also of a kill, which nobody can hand on: a process that stays would hold the port.
        wait_until(lambda: not any(map(is_alive, (pair.pid, web, process))))
        stream.close()


def test_says_what_is_missing_when_nobody_has_collected_the_files_of_the_pages(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env={**os.environ, "INVENTORY_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert re.search(r"The files of the pages are not there \(.+\): run manage.py collectstatic", ended.stderr)
    assert "Traceback" not in ended.stderr
