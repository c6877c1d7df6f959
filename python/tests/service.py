"""A real HTTP service that can be made slow or failing.  service.py PORT (0: any); prints the port that it has."""

import socket
import sys

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


class Service:
    def __init__(self):
        self.mode = "well"
        self.calls = 0
        self.inside = 0
        self.most_inside = 0
        self.failed_once = set()

    async def item(self, request):
        self.calls += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            return await self.answer(request.path_params["number"])
        finally:
            self.inside -= 1

    async def answer(self, number):
        if self.mode == "slow":
            await anyio.sleep(600)
        if self.mode == "flaky" and number not in self.failed_once:
            self.failed_once.add(number)
            return JSONResponse({"error": "try again"}, 503)
        if self.mode == "busy":
            return JSONResponse({"error": "later"}, 429, {"Retry-After": "60"})
        if self.mode == "failing":
            return JSONResponse({"error": "no"}, 500)
        return JSONResponse({"number": number})

    async def told(self, request):
        self.mode = request.path_params["mode"]
        return JSONResponse({})

    async def numbers(self, request):
        return JSONResponse({"calls": self.calls, "inside": self.inside, "most_inside": self.most_inside})


def main(port):
    service = Service()
    app = Starlette(
        routes=[
            Route("/item/{number:int}", service.item),
            Route("/mode/{mode}", service.told, methods=["POST"]),
            Route("/numbers", service.numbers),
        ]
    )
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)  # before the port is told: who calls early waits
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])


if __name__ == "__main__":
    main(int(sys.argv[1]))
