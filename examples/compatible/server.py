#!/usr/bin/env python3
"""A ticket API that the portal works with: the core of the contract and files, with nothing but Python's library.

Guests send requests, get a reference and a query code, and follow, answer, confirm, reopen and withdraw with them. The
desk answers through two resources of /desk/v1. Everything is kept in memory: a server for customers keeps it, above all
what it stored under an Idempotency-Key, for 90 days and across restarts.

    python3 server.py --listen 127.0.0.1:8090 --allow-origin https://www.example.com --desk-token SECRET
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import urllib.parse
import uuid
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BASE, DESK = "/portal/v1", "/desk/v1"
LOCALES = ["en", "zh-Hans", "zh-Hant"]
SUBJECT_MAX, BODY_MAX, ANSWER_MAX = 200, 20_000, 2_000
JSON_MAX, DISCARD_MAX, FILE_MAX, FILES_MAX = 1 << 20, 64 << 20, 25 << 20, 10
REOPEN = timedelta(days=14)
# The kinds of files that are taken, and how their contents begin.
MEDIA = {"jpg": ("image/jpeg", b"\xff\xd8\xff"), "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
         "png": ("image/png", b"\x89PNG\r\n\x1a\n"), "pdf": ("application/pdf", b"%PDF-"), "txt": ("text/plain", b"")}
EXPOSED = "ETag, Location, Retry-After, Idempotency-Replayed, Content-Language, Upload-Offset, Upload-Length, " \
    "Upload-Expires, Tus-Resumable"
ALLOWED = "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, Tus-Resumable, Upload-Length, " \
    "Upload-Metadata, Upload-Offset, X-HTTP-Method-Override"

# ---- Words, in the order of LOCALES.

PROBLEMS = {
    "bad_request": (400, "This could not be read.", "未能读取。", "無法讀取。"),
    "unauthenticated": (401, "Enter your codes again.", "请重新输入编号和查询码。", "請重新輸入編號與查詢碼。"),
    "not_found": (404, "Nothing was found here.", "没有找到。", "找不到。"),
    "method_not_allowed": (405, "This cannot be done here.", "此处不支持该操作。", "這裡不支援這項操作。"),
    "action_not_allowed": (409, "This is not possible now.", "现在不能这样做。", "現在不能這樣做。"),
    "conflict": (409, "Something else came first.", "已有其他更改。", "已有其他變更。"),
    "stale": (412, "The request has changed.", "服务单已有更新。", "案件已有更新。"),
    "payload_too_large": (413, "This is too large.", "内容过大。", "內容過大。"),
    "unsupported_media": (415, "This kind is not taken.", "不接收此类内容。", "不接收這類內容。"),
    "validation": (422, "Some answers need another look.", "有内容需要修改。", "有內容需要修改。"),
    "idempotency_mismatch": (422, "This was sent with other content.", "曾以其他内容提交。", "曾以其他內容送出。"),
    "rate_limited": (429, "Please wait a while.", "请稍候再试。", "請稍候再試。"),
    "internal": (500, "Something on our side did not work.", "我们这边出现问题。", "我們這邊發生問題。"),
}
FIELD_WORDS = ("Please look at this answer.", "请检查此项。", "請檢查這一項。")
STATUS_WORDS = {
    "new": (("Received", "已收到", "已收到"), ("Nobody has begun yet.", "尚未开始处理。", "尚未開始處理。")),
    "open": (("In progress", "处理中", "處理中"), ("Somebody works on it.", "正在处理。", "正在處理。")),
    "pending": (("Waiting", "等待中", "等待中"), ("It waits for an answer.", "正在等待回复。", "正在等待回覆。")),
    "resolved": (("Resolved", "已解决", "已解決"), ("Confirm or reopen it.", "请确认或重新处理。", "請確認或重新處理。")),
    "closed": (("Closed", "已关闭", "已結案"), ("It is finished.", "已处理完毕。", "已處理完畢。")),
}
BRAND, AGENT = ("Example Ltd", "示例公司", "範例公司"), ("Service desk", "服务台", "服務台")
# Request types by their ids; of each field its id, its type and its label.
TYPES = {
    "billing-complaint": ("complaint", ("Complaint about a bill", "费用投诉", "帳單投訴"), [
        ("about_bill", "info", ("The bill", "账单信息", "帳單資訊")),
        ("invoice_number", "text", ("Invoice number", "账单号码", "帳單號碼")),
        ("about_result", "info", ("What you wish for", "您的期望", "您的期望")),
        ("wished_detail", "textarea", ("What would put it right?", "怎样处理您会满意？", "怎樣處理您會滿意？"))]),
    "question": ("consultation", ("Question", "咨询", "諮詢"), []),
}

# ---- What is kept.

LOCK = threading.Lock()
REQUESTS = {}   # by id
SESSIONS = {}   # request id and end, by the hash of the bearer
KEPT = {}       # stored answers, by the hash of the Idempotency-Key
UPLOADS = {}    # by the hash of the last segment of their address
FILES = {}      # request id and upload, by id
TRIES = {}      # instants, by what is counted


class Problem(Exception):
    """A refusal: one of PROBLEMS, with the fields it is about, as (JSON pointer, code)."""

    def __init__(self, code, errors=(), reason=None, retry_after=None):
        super().__init__(code)
        self.code, self.errors, self.reason, self.retry_after = code, errors, reason, retry_after


def now():
    return datetime.now(timezone.utc)


def wire(at):
    """An instant on the wire; unknown is null."""
    return at and at.isoformat(timespec="milliseconds")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def count(what, most, minutes):
    """Counts one more, or refuses it with how long to wait."""
    since = now() - timedelta(minutes=minutes)
    tries = [at for at in TRIES.get(what, []) if at > since]
    if len(tries) >= most:
        raise Problem("rate_limited", retry_after=int((tries[0] - since).total_seconds()) + 1)
    TRIES[what] = tries + [now()]


# ---- Codes that people read aloud: ten characters of 32, of which the last of a reference is a check.

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference():
    values = [secrets.randbelow(32) for _ in range(9)]
    values.append(sum(i * v for i, v in enumerate(values, 1)) % 31)
    return "PT-" + grouped("".join(ALPHABET[v] for v in values))


def grouped(code):
    return f"{code[:5]}-{code[5:]}"


def typed_code(text):
    """A code as people type it, or None."""
    text = re.sub(r"[\s-]", "", text.upper()).replace("O", "0").replace("I", "1").replace("L", "1")
    return text if len(text) == 10 and all(c in ALPHABET for c in text) else None


def typed_reference(text):
    code = typed_code(re.sub(r"^\s*PT", "", text, flags=re.IGNORECASE)) or typed_code(text)
    return code and "PT-" + grouped(code)


def hashed_code(code, salt):
    return hashlib.scrypt(code.encode(), salt=salt, n=2**12, r=8, p=1)


# ---- What is sent: a shape names the members of an object; those with a star must be there.

TEXT = {"*format": ["text"], "*value": str}
CONTACT = {"name": str, "email": str, "phone": str, "preferred": ["email", "sms"]}
NEW_REQUEST = {
    "*type_id": str, "*subject": str, "*body": TEXT, "fields": dict, "urgency": ["urgent", "regular", "special"],
    "attachment_ids": list, "contact": CONTACT, "consents": dict, "follow_up_of": str, "locale": LOCALES}
NEW_MESSAGE = {"*body": TEXT, "attachment_ids": list}
STATUS = {"*status": list(STATUS_WORDS), "waiting_on": ["customer", "provider", "third_party"], "outcome": str,
          "explanation": str}


def wrong(value, shape, pointer=""):
    """What is wrong with a value, as (pointer, code)."""
    if not isinstance(shape, dict):
        fits = value in shape if isinstance(shape, list) else isinstance(value, shape)
        return [] if fits else [(pointer, "wrong_type")]
    if not isinstance(value, dict):
        return [(pointer, "wrong_type")]
    members = {name.lstrip("*"): inner for name, inner in shape.items()}
    errors = [(f"{pointer}/{name}", "unknown_field") for name in value if name not in members]
    errors += [(f"{pointer}/{name[1:]}", "required")
               for name in shape if name[0] == "*" and value.get(name[1:]) is None]
    for name, inner in members.items():
        if value.get(name) is not None:
            errors += wrong(value[name], inner, f"{pointer}/{name}")
    return errors


def wrong_length(text, most, pointer):
    if not text.strip():
        return [(pointer, "required")]
    return [(pointer, "too_long")] if len(text) > most else []


def wrong_answer(name, value, fields):
    pointer = "/fields/" + name.replace("~", "~0").replace("/", "~1")
    if all(name != field or kind == "info" for field, kind, _ in fields):
        return [(pointer, "unknown_field")]
    if not isinstance(value, str):
        return [(pointer, "wrong_type")]
    return [(pointer, "too_long")] if len(value) > ANSWER_MAX else []


def refuse(errors):
    if errors:
        raise Problem("validation", errors)


def reply(status, body, headers=None):
    content = json.dumps(body, ensure_ascii=False).encode()
    return status, {"Content-Type": "application/json", **(headers or {})}, content


# ---- One call.

ROUTES = []


def route(method, path):
    """Answers calls of this address; the handler gets the call and each {} of the path."""
    def register(handler):
        ROUTES.append((method, path.replace("{}", "([^/]+)"), handler))
        return handler
    return register


class Call(BaseHTTPRequestHandler):
    """What was asked, by whom, and in which language."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """No line: addresses hold tokens."""

    def say(self, words):
        return words[self.locale]

    def asked_locale(self):
        for tag in re.findall("zh[^,;]*|en", self.headers.get("Accept-Language", "").lower()):
            return 0 if tag == "en" else 2 if re.search("hant|tw|hk|mo", tag) else 1
        return 0

    def bearer(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def follower(self):
        """The id of the one request that the bearer opens."""
        request, until = SESSIONS.get(digest(self.bearer()), (None, None))
        if request is None or until < now():
            raise Problem("unauthenticated")
        return request

    def guest(self):
        """Anybody, but an ended session sends nothing."""
        if "Authorization" in self.headers:
            self.follower()

    def followed(self, name):
        """The request that this address names, for who follows it."""
        if self.follower() != name:
            raise Problem("not_found")
        return REQUESTS[name]

    def at_desk(self, name):
        """The request of this id or reference, for the desk."""
        self.agent()
        found = [r for r in REQUESTS.values() if name in (r["id"], r["reference"])]
        if not found:
            raise Problem("not_found")
        return found[0]

    def agent(self):
        if not DESK_TOKEN or not hmac.compare_digest(self.bearer(), DESK_TOKEN):
            raise Problem("unauthenticated")

    def json(self, shape):
        if len(self.body) > JSON_MAX:
            raise Problem("payload_too_large")
        if self.headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
            raise Problem("unsupported_media")
        try:
            value = json.loads(self.body)
        except ValueError:
            raise Problem("bad_request") from None
        refuse(wrong(value, shape))
        return value

    def once(self, who, work):
        """Does what was asked, or gives the answer that was given before under the same key."""
        key = key_of(self.headers.get("Idempotency-Key", ""))
        sent = digest(json.dumps([who, self.method, self.url.path, json.loads(self.body or b"{}")], sort_keys=True))
        if key not in KEPT:
            answer, request = work()
            KEPT[key] = {"sent": sent, "answer": answer, "request": request, "at": now()}
            return answer
        if KEPT[key]["sent"] != sent:
            raise Problem("idempotency_mismatch")
        status, headers, content = KEPT[key]["answer"]
        return status, {**headers, "Idempotency-Replayed": "true"}, content

    def may(self, request, action):
        """Refuses what is not possible now, or was meant for another state."""
        given = self.headers.get("If-Match", "*")
        if given != "*" and not given.startswith(f'"{request["version"]}-'):
            raise Problem("stale")
        if not actions(request)[action]["allowed"]:
            raise Problem("action_not_allowed", reason=actions(request)[action]["reason"])

    def answer(self):
        """HTTP around it: the body in, and out the headers that stand on every answer."""
        size = self.headers.get("Content-Length", "0")
        size = int(size) if size.isdigit() else 0
        # A body that is not read ends the connection.
        unread = size > DISCARD_MAX or "Transfer-Encoding" in self.headers
        self.close_connection = self.close_connection or unread
        self.body = b"" if unread else self.rfile.read(size)
        self.url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(self.url.query))
        self.method, self.locale = self.command, self.asked_locale()
        if self.method == "POST" and self.url.path.startswith(f"{BASE}/attachments/"):
            self.method = self.headers.get("X-HTTP-Method-Override", self.method)
        try:
            if unread:
                raise Problem("payload_too_large")
            status, headers, content = self.routed()
        except Problem as problem:
            status, headers, content = self.refusal(problem)
        except Exception as error:  # What nobody thought of is no page of the library.
            print("internal:", type(error).__name__, flush=True)
            status, headers, content = self.refusal(Problem("internal"))
        headers = {**headers, "Content-Language": LOCALES[self.locale], "Cache-Control": "no-store",
                   "Vary": "Origin, Accept-Language", "X-Content-Type-Options": "nosniff"}
        if self.headers.get("Origin") in ORIGINS:
            headers["Access-Control-Allow-Origin"] = self.headers["Origin"]
            headers["Access-Control-Expose-Headers"] = EXPOSED
            headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, PATCH, PUT, DELETE"
            headers["Access-Control-Allow-Headers"] = ALLOWED
        if status != 204:
            headers["Content-Length"] = len(content)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def routed(self):
        if self.method == "OPTIONS":
            return 204, {}, b""
        here = [(method, handler, found.groups()) for method, path, handler in ROUTES
                if (found := re.fullmatch(path, self.url.path))]
        for method, handler, names in here:
            if method == self.method:
                with LOCK:
                    return handler(self, *names)
        raise Problem("method_not_allowed" if here else "not_found")

    def refusal(self, problem):
        status, *words = PROBLEMS[problem.code]
        body = {"type": f"urn:example:problem:{problem.code}", "title": self.say(words), "status": status,
                "detail": None, "code": problem.code, "trace_id": secrets.token_hex(8),
                "errors": [{"pointer": pointer, "code": code, "detail": self.say(FIELD_WORDS)}
                           for pointer, code in problem.errors]}
        if problem.reason:
            body["reason"] = problem.reason
        wait = {"Retry-After": problem.retry_after} if problem.retry_after else {}
        return reply(status, body, {"Content-Type": "application/problem+json", **wait})


def key_of(text):
    """The hash of an Idempotency-Key."""
    try:
        return digest(str(uuid.UUID(text)))
    except ValueError:
        raise Problem("bad_request") from None


# ---- What is told.

def actions(request):
    closed = "already_closed" if request["status"] == "closed" else None
    ended = closed or request["status"] == "resolved"
    until = ended and (request["closed_at"] or request["resolved_at"]) + REOPEN
    refusals = {
        "reply": closed, "attach": closed, "confirm": closed or (None if ended else "not_resolved"),
        "reopen": "not_resolved" if not ended else None if now() < until else "window_over",
        "withdraw": closed or ("already_resolved" if ended else None)}
    told = {name: {"allowed": False, "reason": why} if why else {"allowed": True} for name, why in refusals.items()}
    if told["reopen"]["allowed"]:
        told["reopen"]["until"] = wire(until)
    return told


def public(request):
    return [item for item in request["timeline"] if item["public"]]


def told_type(call, name):
    kind, words, _ = TYPES[name]
    return {"id": name, "kind": kind, "name": call.say(words), "description": ""}


def told_request(call, request):
    """A request as its customer sees it."""
    kind, name, fields = TYPES[request["type_id"]]
    label, meaning = STATUS_WORDS[request["status"]]
    unread = [i for i in public(request) if i["role"] != "customer" and i["at"] > request["seen_at"]]
    answered = [(field, words, request["fields"][field]) for field, _, words in fields if field in request["fields"]]
    times = ("created_at", "updated_at", "resolved_at", "closed_at", "seen_at")
    same = ("id", "reference", "subject", "status", "waiting_on", "outcome", "urgency")
    return {
        **{name: request[name] for name in same}, **{name: wire(request[name]) for name in times},
        "kind": kind, "type": {"id": request["type_id"], "name": call.say(name)},
        "status_label": call.say(label), "status_meaning": call.say(meaning),
        "grade": request["urgency"], "class": "general", "steps": [], "promises": [],
        "fields": [{"id": field, "label": call.say(words), "value": value, "display": value}
                   for field, words, value in answered],
        "handler": None, "participants": [], "follow_up_of": None, "unread_count": len(unread),
        "actions": actions(request), "survey": {"state": "not_offered", "editable_until": None}}


def told_item(call, item):
    told = {"id": item["id"], "at": wire(item["at"]), "kind": item["kind"], **item["what"]}
    if item["kind"] == "message":
        mine = item["role"] == "customer"
        told["author"] = {"role": item["role"], "name": item["name"] or "" if mine else call.say(AGENT), "me": mine}
    return told


def reply_request(call, request):
    body = told_request(call, request)
    tag = digest(json.dumps(body, sort_keys=True))[:16]
    return reply(200, body, {"ETag": f'"{request["version"]}-{tag}"'})


def page(call, name, items, tell):
    """A page of a list; the cursor names the list, its reader and the place."""
    limit, start, name = call.query.get("limit", "100"), 0, digest(name)[:16]
    try:
        if "cursor" in call.query:
            there, start = json.loads(base64.urlsafe_b64decode(call.query["cursor"]))
            if there != name:
                raise ValueError
        if not 1 <= int(limit) <= 100:
            raise ValueError
    except ValueError:
        raise Problem("bad_request") from None
    end = start + int(limit)
    cursor = base64.urlsafe_b64encode(json.dumps([name, end]).encode()).decode() if end < len(items) else None
    return reply(200, {"items": [tell(call, item) for item in items[start:end]], "next_cursor": cursor,
                       "total": len(items)})


# ---- What is done.

def add(request, role, kind, what, visible=True):
    item = {"id": secrets.token_hex(8), "at": now(), "kind": kind, "role": role, "name": request["name"],
            "public": visible, "what": what}
    request["timeline"].append(item)
    if visible:
        request["version"], request["updated_at"] = request["version"] + 1, now()
    return item


def say(request, new):
    """Adds what the customer has written, with finished uploads as its files."""
    names = new.get("attachment_ids") or []
    uploads = [UPLOADS.get(digest(str(name))) for name in names]
    refuse([(f"/attachment_ids/{i}", "unknown_upload") for i, upload in enumerate(uploads)
            if not upload or upload["taken"] or len(upload["bytes"]) < upload["length"]])
    if len(names) > FILES_MAX or len(set(names)) < len(names):
        refuse([("/attachment_ids", "too_long")])
    files = []
    for upload in uploads:
        upload["taken"], name = True, secrets.token_hex(8)
        FILES[name] = (request["id"], upload)
        files.append({"id": name, "name": upload["name"], "size": upload["length"], "media_type": upload["media"],
                      "sha256": hashlib.sha256(upload["bytes"]).hexdigest()})
    item = add(request, "customer", "message", {"body": new["body"], "attachments": files})
    request["seen_at"] = item["at"]
    return item


def set_status(request, status, role, outcome=None, waiting_on=None, explanation=None):
    add(request, role, "status", {"from": request["status"], "to": status, "waiting_on": waiting_on,
                                  "outcome": outcome, "explanation": explanation})
    ended = status in ("resolved", "closed")
    request.update(status=status, outcome=outcome, waiting_on=waiting_on,
                   resolved_at=(request["resolved_at"] or now()) if ended else None,
                   closed_at=now() if status == "closed" else None)


# ---- Resources.

@route("GET", f"{BASE}/config")
def config(call):
    return reply(200, {
        "brand": {"name": call.say(BRAND)}, "locales": LOCALES, "time_zone": "Asia/Hong_Kong",
        "capabilities": ["submit", "track", "attachments"], "sign_in": [],
        "limits": {"attachment_size": FILE_MAX, "attachments_per_message": FILES_MAX,
                   "attachment_extensions": list(MEDIA), "subject_length": SUBJECT_MAX, "body_length": BODY_MAX,
                   "reopen_days": REOPEN.days},
        "contacts": [], "receipt_keys": [], "server_now": wire(now())})


@route("GET", f"{BASE}/request-types")
def types(call):
    return reply(200, {"items": [told_type(call, name) for name in TYPES]})


@route("GET", f"{BASE}/request-types/{{}}")
def one_type(call, name):
    if name not in TYPES:
        raise Problem("not_found")
    fields = [{"id": field, "type": kind, "label": call.say(words), "required": False,
               **({} if kind == "info" else {"max_length": ANSWER_MAX})} for field, kind, words in TYPES[name][2]]
    return reply(200, {**told_type(call, name), "fields": fields})


@route("POST", f"{BASE}/requests")
def submit(call):
    call.guest()
    new = call.json(NEW_REQUEST)
    contact, told = new.get("contact") or {}, new.get("fields") or {}
    errors = wrong_length(new["subject"], SUBJECT_MAX, "/subject")
    errors += wrong_length(new["body"]["value"], BODY_MAX, "/body/value")
    if new["type_id"] not in TYPES:
        errors.append(("/type_id", "not_an_option"))
    else:
        errors += [e for name, value in told.items() for e in wrong_answer(name, value, TYPES[new["type_id"]][2])]
    if not contact.get("email") and not contact.get("phone"):
        errors.append(("/contact", "required"))
    elif contact.get("email") and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", contact["email"]):
        errors.append(("/contact/email", "not_an_email"))
    refuse(errors)

    def work():
        count(("requests", call.client_address[0]), 30, 10)
        code, salt, at = "".join(secrets.choice(ALPHABET) for _ in range(10)), secrets.token_bytes(16), now()
        request = {
            "id": secrets.token_hex(8), "reference": new_reference(), "type_id": new["type_id"],
            "fields": {name: value for name, value in told.items() if value.strip()},
            "subject": new["subject"].strip(), "name": contact.get("name"), "status": "new", "waiting_on": "provider",
            "outcome": None, "urgency": new.get("urgency") or "regular", "created_at": at, "updated_at": at,
            "resolved_at": None, "closed_at": None, "seen_at": at, "version": 0, "timeline": [],
            "salt": salt, "code": hashed_code(code, salt)}
        say(request, new)
        REQUESTS[request["id"]] = request
        created = {"request": told_request(call, request), "query_code": grouped(code), "receipt": None}
        return reply(201, created, {"Location": f"{BASE}/requests/{request['id']}"}), request
    return call.once("guest", work)


@route("GET", f"{BASE}/submissions/{{}}")
def submission(call, key):
    call.guest()
    kept = KEPT.get(key_of(key))
    if not kept:
        raise Problem("not_found")
    return reply(200, {"status": kept["answer"][0], "request_id": kept["request"]["id"],
                       "reference": kept["request"]["reference"], "accepted_at": wire(kept["at"])})


@route("POST", f"{BASE}/track")
def track(call):
    sent = call.json({"*reference": str, "*query_code": str})
    reference, code = typed_reference(sent["reference"]), typed_code(sent["query_code"])
    counted = {("reference", reference or sent["reference"]): 5, ("codes", call.client_address[0]): 20}
    for what, most in counted.items():
        count(what, most, minutes=15)
    found = next((r for r in REQUESTS.values() if r["reference"] == reference), {"salt": b"nobody", "code": b""})
    # The same work whether there is such a request or not.
    if not hmac.compare_digest(hashed_code(code or "", found["salt"]), found["code"]):
        raise Problem("not_found")
    for what in counted:
        TRIES[what].pop()
    token, until = secrets.token_urlsafe(32), now() + timedelta(hours=24)
    SESSIONS[digest(token)] = (found["id"], until)
    return reply(200, {"token": token, "expires_at": wire(until), "request_id": found["id"]})


@route("POST", f"{BASE}/track/link")
def track_link(call):
    call.json({"*token": str})
    raise Problem("not_found")  # No letters are sent, so there is no link.


@route("GET", f"{BASE}/requests")
def requests(call):
    mine, query = REQUESTS[call.follower()], call.query
    fits = (mine["status"] in query.get("status", mine["status"]).split(",")
            and TYPES[mine["type_id"]][0] in query.get("kind", TYPES[mine["type_id"]][0]).split(",")
            and typed_reference(query.get("reference", mine["reference"])) == mine["reference"]
            and query.get("q", "").lower() in mine["subject"].lower())
    return page(call, f"requests {mine['id']}", [mine] if fits else [], told_request)


@route("GET", f"{BASE}/requests/{{}}")
def one_request(call, name):
    return reply_request(call, call.followed(name))


@route("GET", f"{BASE}/requests/{{}}/timeline")
def timeline(call, name):
    return page(call, f"timeline {name}", public(call.followed(name)), told_item)


@route("POST", f"{BASE}/requests/{{}}/messages")
def message(call, name):
    request, new = call.followed(name), call.json(NEW_MESSAGE)
    if new["body"]["value"] or not new.get("attachment_ids"):
        refuse(wrong_length(new["body"]["value"], BODY_MAX, "/body/value"))

    def work():
        call.may(request, "reply")
        item = say(request, new)
        if request["status"] == "pending" and request["waiting_on"] == "customer":
            set_status(request, "open", "system", waiting_on="provider")
        return reply(201, told_item(call, item)), request
    return call.once(name, work)


@route("POST", f"{BASE}/requests/{{}}/actions/(confirm|reopen|withdraw)")
def act(call, name, action):
    request = call.followed(name)
    comment = call.json({"comment": str}).get("comment") if call.body else None

    def work():
        call.may(request, action)
        status, outcome, turn = {"confirm": ("closed", request["outcome"], None), "reopen": ("open", None, "provider"),
                                 "withdraw": ("closed", "withdrawn", None)}[action]
        set_status(request, status, "customer", outcome, turn, comment)
        return reply_request(call, request), request
    return call.once(name, work)


@route("POST", f"{BASE}/requests/{{}}/seen")
def seen(call, name):
    request, sent = call.followed(name), call.json({"*up_to": str})
    try:
        # Told to the millisecond, kept more closely.
        up_to = min(datetime.fromisoformat(sent["up_to"]) + timedelta(milliseconds=1), now())
    except (ValueError, TypeError):  # No date, or one without an offset.
        raise Problem("validation", [("/up_to", "not_a_date")]) from None
    request["seen_at"] = max(request["seen_at"], up_to)
    return 204, {}, b""


# ---- Files, by tus 1.0.

def upload_of(call, name):
    """An upload that is not finished and not forgotten."""
    upload = UPLOADS.get(digest(name))
    if call.headers.get("Tus-Resumable") != "1.0.0":
        raise Problem("stale")
    if not upload or upload["taken"] or upload["until"] < now():
        raise Problem("not_found")
    return upload


def told_upload(status, upload, headers):
    return status, {"Tus-Resumable": "1.0.0", "Upload-Offset": len(upload["bytes"]),
                    "Upload-Expires": format_datetime(upload["until"], usegmt=True), **headers}, b""


def number(call, header):
    if not call.headers.get(header, "").isdigit():
        raise Problem("bad_request")
    return int(call.headers[header])


def receive(upload, offset, content):
    if offset != len(upload["bytes"]):
        raise Problem("conflict")
    if offset + len(content) > upload["length"]:
        raise Problem("payload_too_large")
    upload["bytes"] += content
    if len(upload["bytes"]) == upload["length"] and not upload["bytes"].startswith(upload["begins"]):
        upload["until"] = now()
        raise Problem("unsupported_media")


@route("POST", f"{BASE}/attachments")
def create_upload(call):
    if call.headers.get("Tus-Resumable") != "1.0.0":
        raise Problem("stale")
    size, name = number(call, "Upload-Length"), re.search(r"filename ([^,]*)", call.headers.get("Upload-Metadata", ""))
    try:
        name = base64.b64decode(name[1]).decode() if name else ""
    except ValueError:
        raise Problem("bad_request") from None
    name = re.sub(r"[\x00-\x1f]", "", re.split(r"[/\\]", name)[-1])
    kind = MEDIA.get(name.rsplit(".", 1)[-1].lower())
    if size == 0:
        refuse([("/upload_length", "required")])
    if size > FILE_MAX or not kind:
        raise Problem("unsupported_media" if size <= FILE_MAX else "payload_too_large")
    token = secrets.token_urlsafe(32)
    upload = {"name": name, "media": kind[0], "begins": kind[1], "length": size, "bytes": b"", "taken": False,
              "until": now() + timedelta(hours=24)}
    receive(upload, 0, call.body)
    UPLOADS[digest(token)] = upload
    return told_upload(201, upload, {"Location": f"{BASE}/attachments/{token}"})


@route("HEAD", f"{BASE}/attachments/{{}}")
def upload_state(call, name):
    upload = upload_of(call, name)
    return told_upload(200, upload, {"Upload-Length": upload["length"]})


@route("PATCH", f"{BASE}/attachments/{{}}")
def append(call, name):
    upload = upload_of(call, name)
    receive(upload, number(call, "Upload-Offset"), call.body)
    return told_upload(204, upload, {})


@route("DELETE", f"{BASE}/attachments/{{}}")
def terminate(call, name):
    upload_of(call, name)
    del UPLOADS[digest(name)]
    return 204, {"Tus-Resumable": "1.0.0"}, b""


@route("GET", f"{BASE}/attachments/{{}}")
def download(call, name):
    request, upload = FILES.get(name, (None, None))
    if request != call.follower():
        raise Problem("not_found")
    named = "attachment; filename*=UTF-8''" + urllib.parse.quote(upload["name"])
    return 200, {"Content-Type": upload["media"], "Content-Disposition": named}, upload["bytes"]


# ---- The desk.

@route("GET", f"{DESK}/requests")
def desk_list(call):
    call.agent()
    return page(call, "desk", list(REQUESTS.values()), told_request)


@route("POST", f"{DESK}/requests/{{}}/messages")
def desk_message(call, name):
    request, new = call.at_desk(name), call.json({**NEW_MESSAGE, "*public": bool})
    item = add(request, "agent", "message", {"body": new["body"], "attachments": []}, new["public"])
    return reply(201, told_item(call, item))


@route("POST", f"{DESK}/requests/{{}}/status")
def desk_status(call, name):
    request, new = call.at_desk(name), call.json(STATUS)
    set_status(request, new["status"], "agent", new.get("outcome"), new.get("waiting_on"), new.get("explanation"))
    return reply_request(call, request)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A ticket API of the contract's core, in memory.")
    parser.add_argument("--listen", default="127.0.0.1:8090")
    parser.add_argument("--allow-origin", action="append", default=[])
    parser.add_argument("--desk-token")
    options = parser.parse_args()
    ORIGINS, DESK_TOKEN = options.allow_origin, options.desk_token
    host, _, port = options.listen.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Call)
    print(f"listening on http://{host}:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
