"""A TCP proxy that holds back what the other side says."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from tests.running import free_port


class SlowProxy:
    """Passes bytes on to a port of this machine.

    Args:
        to_port: Where to.

    Attributes:
        port: Where it listens.
        delay_seconds: How long answers are held back; may be changed at any time.
    """

    def __init__(self, to_port: int) -> None:
        self.port = free_port()
        self.delay_seconds = 0.0
        self._to_port = to_port
        self._loop = asyncio.new_event_loop()

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

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            store_reader, store_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
            await asyncio.gather(
                self._pass_on(reader, store_writer, is_answer=False),
                self._pass_on(store_reader, writer, is_answer=True),
            )

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
