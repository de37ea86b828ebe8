"""A server in the format of OpenAI's, for tests: deterministic, and able to misbehave on demand.

    http://127.0.0.1:<port>/<switches, joined by +>/<any name>/v1     what it does is in its address
    http://127.0.0.1:<port>/<switches>/<any name>/asked               what it was asked, as JSON

`python fake_server.py [answers before it dies]` prints its port. A switch may hold a number: cap5.
"""

import hashlib
import json
import math
import os
import re
import socket
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = (
    *"ABCDEF123456", "yes", "Yes", " yes", "no", " No", " A", "▁B", "I", "The", "As", "well",
    "dis", " agree", "a", "b", "*", "\n", "(", "It", "My", "You", "<eos>", "0", "Sure", "OK",
)  # fmt: skip
NAME = "tiny/tiny-it"
KEY = "sk-very-secret"


def log_probabilities(messages: list[dict[str, str]]) -> dict[str, float]:
    """The log-probability of every word: a function of the messages alone."""
    said = json.dumps(messages, sort_keys=True).encode()
    logits = {}
    for word in WORDS:
        digest = hashlib.sha256(said + word.encode()).digest()
        logits[word] = int.from_bytes(digest[:4], "big") / 2**32 * 40
    total = math.log(sum(math.exp(logit) for logit in logits.values()))
    return {word: logit - total for word, logit in logits.items()}


def text_of(messages: list[dict[str, str]], max_new_tokens: int) -> str:
    """The text that is written after messages."""
    ranked = sorted(log_probabilities(messages).items(), key=lambda pair: -pair[1])
    return " ".join(word.strip() for word, _ in ranked[:max_new_tokens])


class Memory:
    """What was asked under each name, and how many answers may still be given."""

    def __init__(self, n_answers: int) -> None:
        self.lock = threading.Lock()
        self.asked: dict[str, list[dict[str, object]]] = {}
        self.n_answers = n_answers


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    memory: Memory

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def has(self, switch: str) -> str | None:
        """What follows a switch in the address; None where it is off."""
        found = re.search(rf"(?:^|\+){switch}([^+]*)(?:$|\+)", self.path.split("/")[1])
        return None if found is None else found[1]

    def say(self, status: int, content: object, **headers: str) -> None:
        """Answer in JSON, or in what is already bytes."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status: int, message: str, **headers: str) -> None:
        """Answer with an error in OpenAI's wrapping."""
        self.say(status, {"error": {"message": message, "code": status}}, **headers)

    def do_GET(self) -> None:
        name = "/".join(self.path.split("/")[1:3])
        if self.path.endswith("/asked"):
            self.say(200, self.memory.asked.get(name, []))
        elif self.has("page") is not None:
            self.say(200, b"<!doctype html><title>hello</title>")
        elif self.has("nolist") is not None:
            self.refuse(404, "Not Found")
        elif self.has("loading") is not None:
            self.refuse(503, "Loading model")
        elif self.has("key") is not None and self.headers["Authorization"] != f"Bearer {KEY}":
            self.refuse(401, f"Incorrect API key provided: {self.headers['Authorization']}")
        else:
            self.models()

    def models(self) -> None:
        """Say which models there are, as vLLM does."""
        facts = {"created": int(time.time() * 1e6), "owned_by": "vllm", "root": "/models/tiny"}
        about = {"id": NAME, "max_model_len": 4096, "permission": [{"id": "p"}], **facts}
        others = [{"id": "other"}] if self.has("two") is not None else []
        self.say(200, {"object": "list", "data": [about, *others]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        user = body["messages"][-1]["content"]
        with self.memory.lock:
            asked = self.memory.asked.setdefault("/".join(self.path.split("/")[1:3]), [])
            n_before = sum(each["messages"] == body["messages"] for each in asked)
            asked.append(body)
            self.memory.n_answers -= 1
            if self.memory.n_answers < 0:
                os._exit(0)
        if user.startswith("Say yes or no") or not self.misbehaves(body, user, n_before):
            self.answer(body)

    def misbehaves(self, body: dict[str, object], user: str, n_before: int) -> bool:
        """Do what the address asks for; the first time only where it says so."""
        first = n_before == 0
        if (wait := self.has("busy")) is not None and first:
            self.refuse(429, "Too many requests", Retry_After=wait)
        elif self.has("overloaded") is not None:
            self.refuse(503, "Overloaded")
        elif (wait := self.has("closed")) is not None:
            tomorrow = formatdate(time.time() + 86400, usegmt=True)
            self.refuse(429, "Come back tomorrow", Retry_After=wait or tomorrow)
        elif self.has("crash") is not None and first:
            self.refuse(500, "CUDA error")
        elif self.has("drop") is not None and first:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif self.has("half") is not None and first:
            self.send_response(200)
            self.send_header("Content-Length", "500")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
            self.close_connection = True
        elif self.has("nonsense") is not None:
            self.say(200, b"{{{")
        elif self.has("cut") is not None and first:
            self.say(200, b'{"choices": [{"mess')
        elif self.has("gone") is not None:
            self.refuse(404, "The model does not exist.")
        elif self.has("long") is not None:
            self.refuse(400, f"maximum context length is 4096 ({self.headers['Authorization']})")
        elif self.has("echo") is not None:
            said = f"cannot answer {body['messages']}, that is {json.dumps(body['messages'])}"
            self.refuse(400, said)
        elif self.has("odd") is not None:
            self.say(200, {"choices": [{"text": "A"}]})
        elif self.has("slow") is not None and (first or "always" in user):
            time.sleep(float(self.has("slow") or 0))
            return False
        else:
            return False
        return True

    def answer(self, body: dict[str, object]) -> None:
        """Answer as asked, within what this server can."""
        messages = body["messages"]
        assert isinstance(messages, list)
        if (status := self.has("nosystem")) is not None and messages[0]["role"] == "system":
            self.refuse(int(status or 400), "System role not supported")
            return
        if self.has("completion") is not None and "max_tokens" in body:
            self.refuse(400, "Unsupported parameter: use 'max_completion_tokens' instead.")
            return
        if self.has("noseed") is not None and "seed" in body:
            self.refuse(422, "Extra inputs are not permitted: seed")
            return
        n_new = int(str(body.get("max_tokens") or body["max_completion_tokens"]))
        choice: dict[str, object] = {"message": {"content": text_of(messages, n_new)}}
        if body.get("logprobs") and self.has("mute") is None:
            top, cap = int(str(body["top_logprobs"])), int(self.has("cap") or 20)
            if top > cap:
                said = f"Requested sample logprobs of {top}, which is greater than max allowed: "
                self.refuse(400, f"{said}{cap} (parameter=logprobs, value={top})")
                return
            choice["logprobs"] = {"content": [self.place(messages, top)]}
        self.say(200, {"object": "chat.completion", "choices": [choice]})

    def place(self, messages: list[dict[str, str]], top: int) -> dict[str, object]:
        """The first token: what was drawn, and the likeliest ones."""
        ranked = sorted(log_probabilities(messages).items(), key=lambda pair: -pair[1])
        tokens = [{"token": word, "logprob": log_p} for word, log_p in ranked]
        if self.has("unlikely") is not None:  # as vLLM does where something unlikely was drawn
            return {**tokens[-1], "top_logprobs": [tokens[-1], *tokens[: top - 1]]}
        if self.has("logits") is not None:
            tokens = [{**each, "logprob": each["logprob"] + 9} for each in tokens]  # type: ignore[operator]
        return {**tokens[0], "top_logprobs": tokens[:top]}


def main() -> None:
    """Listen on a free port and print it."""
    Handler.memory = Memory(int(sys.argv[1]) if len(sys.argv) > 1 else 10**9)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
