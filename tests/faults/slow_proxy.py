"""A TCP proxy that holds back what the other side says, and can be pointed elsewhere."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from tests.ports import free_port


class SlowProxy:
    """Passes bytes on to a port of this machine.

    Args:
        to_port: Where to.

    Attributes:
        port: Where it listens.
        delay_seconds: How long answers are held back; may be changed at any time.
        to_port: Where new connections lead; those that are open stay where they are.
    """

    def __init__(self, to_port: int) -> None:
        self.port = free_port()
        self.delay_seconds = 0.0
        self.to_port = to_port
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()

    def move(self, to_port: int) -> None:
        """Lead to another port as an address does that moves: what was open breaks."""
        self.to_port = to_port
        self._loop.call_soon_threadsafe(self._break)

    @contextmanager
    def running(self) -> Iterator["SlowProxy"]:
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connect, "127.0.0.1", self.port)
        )
        thread = Thread(target=self._loop.run_forever)
        thread.start()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._close(server), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _break(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            store_reader, store_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            writer.close()
            return
        both = {writer, store_writer}
        self._open |= both
        try:
            await asyncio.gather(
                self._pass_on(reader, store_writer, is_answer=False),
                self._pass_on(store_reader, writer, is_answer=True),
            )
        finally:
            self._open -= both

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if is_answer:
                    await asyncio.sleep(self.delay_seconds)
                writer.write(data)
                await writer.drain()
        writer.close()
