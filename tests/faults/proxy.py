"""A TCP proxy between clients and a broker that delays, swallows, truncates and cuts what passes."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 1 << 16


class Proxy:
    """Listens on one port of the loopback for another; faults are switches that any thread may turn."""

    def __init__(self, listen: int, target: int) -> None:
        self._listen, self._target = listen, target
        self._writers: set[asyncio.StreamWriter] = set()
        self.delay = 0.0  # seconds each piece of an answer waits
        self.swallow = False  # requests vanish without an answer
        self.truncate = False  # the next answer is cut in the middle, and its connection with it
        self.refuse = False  # new connections are closed at once

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        """Serve during a block."""
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()])
        self._over = asyncio.Event()
        thread.start()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._over.set)
            thread.join()
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", self._listen)
        await self._over.wait()
        server.close()
        self._close_all()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def cut(self) -> None:
        """Close every connection there is."""
        self._loop.call_soon_threadsafe(self._close_all)

    def _close_all(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuse:
            writer.transport.abort()
            return
        with suppress(OSError):
            answers, requests = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers |= {writer, requests}
            try:
                await asyncio.gather(self._requests(reader, requests), self._answers(answers, writer))
            finally:
                self._writers -= {writer, requests}
                requests.transport.abort()
        writer.transport.abort()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_CHUNK):
            if not self.swallow:
                writer.write(piece)
                await writer.drain()
        raise ConnectionResetError

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_CHUNK):
            if self.delay:
                await asyncio.sleep(self.delay)
            if self.truncate:
                self.truncate = False
                writer.write(piece[: len(piece) // 2])
                await writer.drain()
                break
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError
