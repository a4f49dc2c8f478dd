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
SUBJECT_MAX, BODY_MAX, JSON_MAX, DISCARD_MAX = 200, 20_000, 1024 * 1024, 64 * 1024 * 1024
FILE_MAX, FILES_MAX = 25 * 1024 * 1024, 10
REOPEN = timedelta(days=14)
MEDIA = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf", "txt": "text/plain"}
MAGIC = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n", "application/pdf": b"%PDF-"}
EXPOSED = "ETag, Location, Retry-After, Idempotency-Replayed, Content-Language, Upload-Offset, Upload-Length, " \
    "Upload-Expires, Tus-Resumable"
ALLOWED = "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, Tus-Resumable, Upload-Length, " \
    "Upload-Metadata, Upload-Offset, X-HTTP-Method-Override"

# ---- Words: in each language, in the order of LOCALES.

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
BRAND = ("Example Ltd", "示例公司", "範例公司")
AGENT = ("Service desk", "服务台", "服務台")


def info(name, *words):
    return {"id": name, "type": "info", "words": words, "required": False}


def asked(name, kind, *words):
    return {"id": name, "type": kind, "words": words, "required": False, "max_length": 2000}


TYPES = [
    {"id": "billing-complaint", "kind": "complaint", "words": ("Complaint about a bill", "费用投诉", "帳單投訴"),
     "fields": [
         info("about_bill", "The bill", "账单信息", "帳單資訊"),
         asked("invoice_number", "text", "Invoice number", "账单号码", "帳單號碼"),
         info("about_result", "What you wish for", "您的期望", "您的期望"),
         asked("wished_detail", "textarea", "What would put it right?", "怎样处理您会满意？", "怎樣處理您會滿意？")]},
    {"id": "question", "kind": "consultation", "words": ("Question", "咨询", "諮詢"), "fields": []},
]


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


# ---- Codes that people read aloud.

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_code(length):
    return [secrets.randbelow(32) for _ in range(length)]


def grouped(values):
    text = "".join(ALPHABET[v] for v in values)
    return f"{text[:5]}-{text[5:]}"


def new_reference():
    values = random_code(9)
    return "PT-" + grouped(values + [sum(i * v for i, v in enumerate(values, 1)) % 31])


def typed_code(text):
    """Ten characters as people type them, or None."""
    text = re.sub(r"[\s-]", "", text.upper()).replace("O", "0").replace("I", "1").replace("L", "1")
    return text if len(text) == 10 and all(c in ALPHABET for c in text) else None


def typed_reference(text):
    text = text.strip()
    code = typed_code(text[2:]) if text[:2].upper() == "PT" else None
    code = code or typed_code(text)
    return f"PT-{code[:5]}-{code[5:]}" if code else None


def hashed_code(code, salt):
    return hashlib.scrypt(code.encode(), salt=salt, n=2**12, r=8, p=1)


# ---- What is kept.

LOCK = threading.Lock()
REQUESTS = {}   # by id
SESSIONS = {}   # request id and end, by the hash of the bearer
KEPT = {}       # stored answers, by the hash of the Idempotency-Key
UPLOADS = {}    # by the hash of the last segment of their address
FILES = {}      # request id, name and content, by id
TRIES = {}      # instants, by what is counted


def count(what, most, minutes):
    """Counts one more, or refuses it with how long to wait."""
    since = now() - timedelta(minutes=minutes)
    tries = [at for at in TRIES.get(what, []) if at > since]
    if len(tries) >= most:
        raise Problem("rate_limited", retry_after=int((tries[0] - since).total_seconds()) + 1)
    TRIES[what] = tries + [now()]


def uncount(what):
    TRIES[what] = TRIES[what][:-1]


# ---- What is sent: a shape names the members of an object, and whether they must be there.

TEXT = {"format": (["text"], True), "value": (str, True)}
CONTACT = {"name": (str, False), "email": (str, False), "phone": (str, False), "preferred": (["email", "sms"], False)}
NEW_REQUEST = {
    "type_id": (str, True), "subject": (str, True), "body": (TEXT, True), "fields": (dict, False),
    "urgency": (["urgent", "regular", "special"], False), "attachment_ids": (list, False), "contact": (CONTACT, False),
    "consents": (dict, False), "follow_up_of": (str, False), "locale": (LOCALES, False)}
NEW_MESSAGE = {"body": (TEXT, True), "attachment_ids": (list, False)}
DESK_MESSAGE = {**NEW_MESSAGE, "public": (bool, True)}
COMMENT = {"comment": (str, False)}
TRACK = {"reference": (str, True), "query_code": (str, True)}
SEEN = {"up_to": (str, True)}
STATUS = {"status": (list(STATUS_WORDS), True), "waiting_on": (["customer", "provider", "third_party"], False),
          "outcome": (str, False), "explanation": (str, False)}


def wrong(value, shape, pointer=""):
    """What is wrong with a value, as (pointer, code)."""
    if isinstance(shape, list):
        return [] if value in shape else [(pointer, "wrong_type")]
    if not isinstance(shape, dict):
        return [] if isinstance(value, shape) else [(pointer, "wrong_type")]
    if not isinstance(value, dict):
        return [(pointer, "wrong_type")]
    errors = [(f"{pointer}/{name}", "unknown_field") for name in value if name not in shape]
    for name, (inner, required) in shape.items():
        if value.get(name) is not None:
            errors += wrong(value[name], inner, f"{pointer}/{name}")
        elif required:
            errors.append((f"{pointer}/{name}", "required"))
    return errors


def refuse(errors):
    if errors:
        raise Problem("validation", errors)


def length(text, most, pointer):
    if not text.strip():
        return [(pointer, "required")]
    return [(pointer, "too_long")] if len(text) > most else []


def answers(sent, form):
    """What is wrong with the answers to a form, and what they are."""
    errors, told = [], []
    known = {field["id"]: field for field in form["fields"] if field["type"] != "info"}
    for name, value in sent.items():
        pointer = "/fields/" + name.replace("~", "~0").replace("/", "~1")
        if name not in known:
            errors.append((pointer, "unknown_field"))
        elif not isinstance(value, str):
            errors.append((pointer, "wrong_type"))
        elif len(value) > known[name]["max_length"]:
            errors.append((pointer, "too_long"))
        elif value.strip():
            told.append((known[name], value))
    return errors, told


# ---- One call.

class Call:
    """What was asked, by whom, and in which language."""

    def __init__(self, method, path, query, headers, body, client):
        self.method, self.path, self.query = method, path, query
        self.headers, self.body, self.client = headers, body, client
        self.locale = LOCALES.index(self.asked_locale())

    def asked_locale(self):
        for part in self.headers.get("Accept-Language", "").lower().split(","):
            tag = part.split(";")[0].strip()
            if tag.startswith("zh"):
                return "zh-Hant" if re.search("hant|tw|hk|mo", tag) else "zh-Hans"
            if tag.startswith("en"):
                return "en"
        return "en"

    def say(self, words):
        return words[self.locale]

    def bearer(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def follower(self, needed=True):
        """The one request that the bearer opens; None where nobody asks and nobody must."""
        if "Authorization" not in self.headers and not needed:
            return None
        request, until = SESSIONS.get(digest(self.bearer() or ""), (None, None))
        if request is None or until < now():
            raise Problem("unauthenticated")
        return request

    def request(self, name):
        """The request that this address names, for who follows it."""
        if self.follower() != name:
            raise Problem("not_found")
        return REQUESTS[name]

    def json(self, shape, empty=False):
        if len(self.body) > JSON_MAX:
            raise Problem("payload_too_large")
        if not self.body and empty:
            return {}
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
        try:
            key = digest(str(uuid.UUID(self.headers.get("Idempotency-Key", ""))))
        except ValueError:
            raise Problem("bad_request") from None
        same = json.dumps([who, self.method, self.path, json.loads(self.body or b"{}")], sort_keys=True)
        if key in KEPT:
            kept = KEPT[key]
            if kept["print"] != digest(same):
                raise Problem("idempotency_mismatch")
            status, headers, body = kept["answer"]
            return status, {**headers, "Idempotency-Replayed": "true"}, body
        answer, request = work()
        KEPT[key] = {"print": digest(same), "answer": answer, "who": who, "request": request, "at": now()}
        return answer

    def precondition(self, request):
        given = self.headers.get("If-Match")
        if given and given != "*" and not given.startswith(f'"{request["version"]}-'):
            raise Problem("stale")


# ---- What is told.

def actions(request):
    status = request["status"]
    ended = status in ("resolved", "closed")
    until = ended and (request["closed_at"] or request["resolved_at"]) + REOPEN
    closed = "already_closed" if status == "closed" else None
    refusals = {
        "reply": closed, "attach": closed,
        "confirm": closed or (None if ended else "not_resolved"),
        "reopen": "not_resolved" if not ended else None if now() < until else "window_over",
        "withdraw": closed or ("already_resolved" if ended else None),
    }
    told = {name: {"allowed": not why, **({"reason": why} if why else {})} for name, why in refusals.items()}
    if told["reopen"]["allowed"]:
        told["reopen"]["until"] = wire(until)
    return told


def public(request):
    return [item for item in request["timeline"] if item["public"]]


def shown(call, request):
    """A request as its customer sees it."""
    label, meaning = STATUS_WORDS[request["status"]]
    form = next(form for form in TYPES if form["id"] == request["type_id"])
    unread = [i for i in public(request) if i["role"] != "customer" and i["at"] > request["seen_at"]]
    members = ("id", "reference", "subject", "status", "waiting_on", "outcome", "urgency")
    same = {name: request[name] for name in members}
    times = {name: wire(request[name])
             for name in ("created_at", "updated_at", "resolved_at", "closed_at", "seen_at")}
    return {
        **same, **times, "kind": form["kind"], "type": {"id": form["id"], "name": call.say(form["words"])},
        "status_label": call.say(label), "status_meaning": call.say(meaning),
        "grade": request["urgency"], "class": "general", "steps": [], "promises": [],
        "fields": [{"id": field["id"], "label": call.say(field["words"]), "value": value, "display": value}
                   for field, value in request["fields"]],
        "handler": None, "participants": [], "follow_up_of": None, "unread_count": len(unread),
        "actions": actions(request), "survey": {"state": "not_offered", "editable_until": None}}


def told_item(call, item):
    told = {"id": item["id"], "at": wire(item["at"]), "kind": item["kind"], **item["what"]}
    if item["kind"] == "message":
        mine = item["role"] == "customer"
        name = item["name"] if mine else call.say(AGENT)
        told["author"] = {"role": item["role"], "name": name or "", "me": mine}
    return told


def reply(status, body, headers=None):
    content = json.dumps(body, ensure_ascii=False).encode()
    return status, {"Content-Type": "application/json", **(headers or {})}, content


def reply_request(call, request):
    body = shown(call, request)
    tag = digest(json.dumps(body, sort_keys=True))[:16]
    return reply(200, body, {"ETag": f'"{request["version"]}-{tag}"'})


def page(call, name, items, tell):
    """A page of a list; the cursor names the list, its reader and the place."""
    limit = call.query.get("limit", "100")
    if not limit.isdigit() or not 1 <= int(limit) <= 100:
        raise Problem("bad_request")
    start, name = 0, digest(name)[:16]
    if "cursor" in call.query:
        try:
            there, start = json.loads(base64.urlsafe_b64decode(call.query["cursor"]))
        except ValueError:
            raise Problem("bad_request") from None
        if there != name:
            raise Problem("bad_request")
    end = start + int(limit)
    cursor = base64.urlsafe_b64encode(json.dumps([name, end]).encode()).decode() if end < len(items) else None
    return reply(200, {"items": [tell(call, item) for item in items[start:end]], "next_cursor": cursor,
                       "total": len(items)})


# ---- What is done.

def change(request):
    request["version"] += 1
    request["updated_at"] = now()


def add(request, role, kind, what, visible=True):
    item = {"id": secrets.token_hex(8), "at": now(), "kind": kind, "role": role, "name": request["name"],
            "public": visible, "what": what}
    request["timeline"].append(item)
    if visible:
        change(request)
    return item


def set_status(request, status, role, outcome=None, waiting_on=None, explanation=None):
    ended = status in ("resolved", "closed")
    what = {"from": request["status"], "to": status, "waiting_on": waiting_on, "outcome": outcome,
            "explanation": explanation}
    request.update(status=status, outcome=outcome, waiting_on=waiting_on)
    request["resolved_at"] = (request["resolved_at"] or now()) if ended else None
    request["closed_at"] = now() if status == "closed" else None
    add(request, role, "status", what)


def take(request, names):
    """Makes finished uploads the files of a message."""
    uploads = [UPLOADS.get(digest(name)) if isinstance(name, str) else None for name in names]
    refuse([(f"/attachment_ids/{i}", "unknown_upload") for i, upload in enumerate(uploads)
            if not upload or upload["taken"] or len(upload["bytes"]) < upload["length"]])
    if len(names) > FILES_MAX or len(set(names)) < len(names):
        raise Problem("validation", [("/attachment_ids", "too_long")])
    files = []
    for upload in uploads:
        upload["taken"], name = True, secrets.token_hex(8)
        FILES[name] = (request["id"], upload)
        files.append({"id": name, "name": upload["name"], "size": upload["length"], "media_type": upload["media"],
                      "sha256": hashlib.sha256(upload["bytes"]).hexdigest()})
    return files


def config(call):
    return reply(200, {
        "brand": {"name": call.say(BRAND)}, "locales": LOCALES, "time_zone": "Asia/Hong_Kong",
        "capabilities": ["submit", "track", "attachments"], "sign_in": [],
        "limits": {"attachment_size": FILE_MAX, "attachments_per_message": FILES_MAX,
                   "attachment_extensions": list(MEDIA), "subject_length": SUBJECT_MAX, "body_length": BODY_MAX,
                   "reopen_days": REOPEN.days},
        "contacts": [], "receipt_keys": [], "server_now": wire(now())})


def told_type(call, form):
    return {"id": form["id"], "kind": form["kind"], "name": call.say(form["words"]), "description": ""}


def types(call):
    return reply(200, {"items": [told_type(call, form) for form in TYPES]})


def one_type(call, name):
    form = next((form for form in TYPES if form["id"] == name), None)
    if not form:
        raise Problem("not_found")
    fields = [{**{k: v for k, v in field.items() if k != "words"}, "label": call.say(field["words"])}
              for field in form["fields"]]
    return reply(200, {**told_type(call, form), "fields": fields})


def submit(call):
    call.follower(needed=False)  # An ended session sends nothing.
    new = call.json(NEW_REQUEST)
    form = next((form for form in TYPES if form["id"] == new["type_id"]), None)
    contact = new.get("contact") or {}
    errors = [] if form else [("/type_id", "not_an_option")]
    errors += length(new["subject"], SUBJECT_MAX, "/subject") + length(new["body"]["value"], BODY_MAX, "/body/value")
    if not contact.get("email") and not contact.get("phone"):
        errors.append(("/contact", "required"))
    elif contact.get("email") and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", contact["email"]):
        errors.append(("/contact/email", "not_an_email"))
    wrong_answers, told = answers(new.get("fields") or {}, form) if form else ([], [])
    refuse(errors + wrong_answers)

    def work():
        count(("requests", call.client), 30, 10)
        code, salt, at = random_code(10), secrets.token_bytes(16), now()
        request = {
            "id": secrets.token_hex(8), "reference": new_reference(), "type_id": form["id"], "fields": told,
            "subject": new["subject"].strip(), "name": contact.get("name"), "status": "new", "waiting_on": "provider",
            "outcome": None, "urgency": new.get("urgency") or "regular", "created_at": at, "updated_at": at,
            "resolved_at": None, "closed_at": None, "seen_at": at, "version": 0, "timeline": [],
            "salt": salt, "code": hashed_code("".join(ALPHABET[v] for v in code), salt)}
        files = take(request, new.get("attachment_ids") or [])
        REQUESTS[request["id"]] = request
        item = add(request, "customer", "message", {"body": new["body"], "attachments": files})
        request["seen_at"] = item["at"]
        created = {"request": shown(call, request), "query_code": grouped(code), "receipt": None}
        return reply(201, created, {"Location": f"{BASE}/requests/{request['id']}"}), request
    return call.once("guest", work)


def submission(call, key):
    call.follower(needed=False)
    try:
        kept = KEPT.get(digest(str(uuid.UUID(key))))
    except ValueError:
        raise Problem("bad_request") from None
    if not kept:
        raise Problem("not_found")
    return reply(200, {"status": kept["answer"][0], "request_id": kept["request"]["id"],
                       "reference": kept["request"]["reference"], "accepted_at": wire(kept["at"])})


def track(call):
    sent = call.json(TRACK)
    reference, code = typed_reference(sent["reference"]), typed_code(sent["query_code"])
    counted = [("reference", reference or sent["reference"]), ("codes", call.client)]
    count(counted[0], 5, 15)
    count(counted[1], 20, 15)
    found = next((r for r in REQUESTS.values() if r["reference"] == reference), None)
    # The same work whether there is such a request or not.
    salt, kept = (found["salt"], found["code"]) if found else (b"nobody", b"")
    if not hmac.compare_digest(hashed_code(code or "", salt), kept):
        raise Problem("not_found")
    for what in counted:
        uncount(what)
    token, until = secrets.token_urlsafe(32), now() + timedelta(hours=24)
    SESSIONS[digest(token)] = (found["id"], until)
    return reply(200, {"token": token, "expires_at": wire(until), "request_id": found["id"]})


def track_link(call):
    call.json({"token": (str, True)})
    raise Problem("not_found")  # No letters are sent, so there is no link.


def requests(call):
    mine, query = REQUESTS[call.follower()], call.query
    form = next(form for form in TYPES if form["id"] == mine["type_id"])
    fits = ("status" not in query or mine["status"] in query["status"].split(",")) \
        and ("kind" not in query or form["kind"] in query["kind"].split(",")) \
        and ("reference" not in query or typed_reference(query["reference"]) == mine["reference"]) \
        and query.get("q", "").lower() in mine["subject"].lower()
    return page(call, f"requests {mine['id']}", [mine] if fits else [], shown)


def one_request(call, name):
    return reply_request(call, call.request(name))


def timeline(call, name):
    request = call.request(name)
    return page(call, f"timeline {name}", public(request), told_item)


def say(call, name):
    request, new = call.request(name), call.json(NEW_MESSAGE)
    names = new.get("attachment_ids") or []
    if not names or new["body"]["value"]:
        refuse(length(new["body"]["value"], BODY_MAX, "/body/value"))

    def work():
        call.precondition(request)
        why = actions(request)["reply"].get("reason")
        if why:
            raise Problem("action_not_allowed", reason=why)
        item = add(request, "customer", "message", {"body": new["body"], "attachments": take(request, names)})
        request["seen_at"] = item["at"]
        if request["status"] == "pending" and request["waiting_on"] == "customer":
            set_status(request, "open", "system", waiting_on="provider")
        return reply(201, told_item(call, item)), request
    return call.once(name, work)


# Status, outcome and whose turn it is after an action.
DONE = {"confirm": ("closed", None, None), "reopen": ("open", None, "provider"),
        "withdraw": ("closed", "withdrawn", None)}


def act(call, name, action):
    request = call.request(name)
    if action not in DONE:
        raise Problem("not_found")
    comment = call.json(COMMENT, empty=True).get("comment")

    def work():
        call.precondition(request)
        why = actions(request)[action].get("reason")
        if why:
            raise Problem("action_not_allowed", reason=why)
        status, outcome, turn = DONE[action]
        outcome = request["outcome"] if action == "confirm" else outcome
        set_status(request, status, "customer", outcome, turn, comment)
        return reply_request(call, request), request
    return call.once(name, work)


def seen(call, name):
    request, sent = call.request(name), call.json(SEEN)
    try:
        up_to = datetime.fromisoformat(sent["up_to"])
    except ValueError:
        raise Problem("validation", [("/up_to", "not_a_date")]) from None
    # Told to the millisecond, kept more closely.
    up_to = min(up_to + timedelta(milliseconds=1), now()) if up_to.tzinfo else request["seen_at"]
    request["seen_at"] = max(request["seen_at"], up_to)
    return 204, {}, b""


# ---- Files, by tus 1.0.

def tus(call):
    if call.headers.get("Tus-Resumable") != "1.0.0":
        raise Problem("stale")


def number(call, header):
    text = call.headers.get(header, "")
    if not text.isdigit():
        raise Problem("bad_request")
    return int(text)


def upload_headers(upload):
    return {"Tus-Resumable": "1.0.0", "Upload-Offset": str(len(upload["bytes"])),
            "Upload-Expires": format_datetime(upload["until"], usegmt=True)}


def find_upload(name):
    upload = UPLOADS.get(digest(name))
    if not upload or upload["taken"] or upload["until"] < now():
        raise Problem("not_found")
    return upload


def receive(upload, offset, content):
    if offset != len(upload["bytes"]):
        raise Problem("conflict")
    if offset + len(content) > upload["length"]:
        raise Problem("payload_too_large")
    upload["bytes"] += content
    if len(upload["bytes"]) == upload["length"] and not upload["bytes"].startswith(MAGIC.get(upload["media"], b"")):
        upload["until"] = now()
        raise Problem("unsupported_media")


def create_upload(call):
    tus(call)
    size = number(call, "Upload-Length")
    metadata = dict(part.split(" ", 1) for part in call.headers.get("Upload-Metadata", "").split(",") if " " in part)
    try:
        name = base64.b64decode(metadata.get("filename", "")).decode()
    except ValueError:
        raise Problem("bad_request") from None
    name = re.sub(r"[\x00-\x1f]", "", re.split(r"[/\\]", name)[-1])
    media = MEDIA.get(name.rsplit(".", 1)[-1].lower())
    if size == 0:
        raise Problem("validation", [("/upload_length", "required")])
    if size > FILE_MAX:
        raise Problem("payload_too_large")
    if not media:
        raise Problem("unsupported_media")
    token = secrets.token_urlsafe(32)
    upload = {"name": name, "media": media, "length": size, "bytes": b"", "taken": False,
              "until": now() + timedelta(hours=24)}
    if call.body:
        receive(upload, 0, call.body)
    UPLOADS[digest(token)] = upload
    return 201, {**upload_headers(upload), "Location": f"{BASE}/attachments/{token}"}, b""


def upload_state(call, name):
    tus(call)
    upload = find_upload(name)
    return 200, {**upload_headers(upload), "Upload-Length": str(upload["length"])}, b""


def append(call, name):
    tus(call)
    upload = find_upload(name)
    receive(upload, number(call, "Upload-Offset"), call.body)
    return 204, upload_headers(upload), b""


def terminate(call, name):
    tus(call)
    find_upload(name)
    del UPLOADS[digest(name)]
    return 204, {"Tus-Resumable": "1.0.0"}, b""


def download(call, name):
    follower = call.follower()
    request, upload = FILES.get(name, (None, None))
    if request != follower:
        raise Problem("not_found")
    named = "attachment; filename*=UTF-8''" + urllib.parse.quote(upload["name"])
    return 200, {"Content-Type": upload["media"], "Content-Disposition": named}, upload["bytes"]


# ---- The desk.

def at_desk(call, name):
    found = next((r for r in REQUESTS.values() if name in (r["id"], r["reference"])), None)
    if not found:
        raise Problem("not_found")
    return found


def agent(call):
    if not DESK_TOKEN or not hmac.compare_digest(call.bearer() or "", DESK_TOKEN):
        raise Problem("unauthenticated")


def desk_list(call):
    agent(call)
    return page(call, "desk", list(REQUESTS.values()), shown)


def desk_say(call, name):
    agent(call)
    request, new = at_desk(call, name), call.json(DESK_MESSAGE)
    item = add(request, "agent", "message", {"body": new["body"], "attachments": []}, new["public"])
    return reply(201, told_item(call, item))


def desk_status(call, name):
    agent(call)
    request, new = at_desk(call, name), call.json(STATUS)
    set_status(request, new["status"], "agent", new.get("outcome"), new.get("waiting_on"), new.get("explanation"))
    return reply_request(call, request)


ROUTES = [
    ("GET", f"{BASE}/config", config),
    ("GET", f"{BASE}/request-types", types),
    ("GET", f"{BASE}/request-types/([^/]+)", one_type),
    ("GET", f"{BASE}/requests", requests),
    ("POST", f"{BASE}/requests", submit),
    ("GET", f"{BASE}/requests/([^/]+)", one_request),
    ("GET", f"{BASE}/requests/([^/]+)/timeline", timeline),
    ("POST", f"{BASE}/requests/([^/]+)/messages", say),
    ("POST", f"{BASE}/requests/([^/]+)/actions/([^/]+)", act),
    ("POST", f"{BASE}/requests/([^/]+)/seen", seen),
    ("GET", f"{BASE}/submissions/([^/]+)", submission),
    ("POST", f"{BASE}/track", track),
    ("POST", f"{BASE}/track/link", track_link),
    ("POST", f"{BASE}/attachments", create_upload),
    ("HEAD", f"{BASE}/attachments/([^/]+)", upload_state),
    ("PATCH", f"{BASE}/attachments/([^/]+)", append),
    ("DELETE", f"{BASE}/attachments/([^/]+)", terminate),
    ("GET", f"{BASE}/attachments/([^/]+)", download),
    ("GET", f"{DESK}/requests", desk_list),
    ("POST", f"{DESK}/requests/([^/]+)/messages", desk_say),
    ("POST", f"{DESK}/requests/([^/]+)/status", desk_status),
]


def route(call):
    here = False
    for method, pattern, handler in ROUTES:
        found = re.fullmatch(pattern, call.path)
        if found and method == call.method:
            with LOCK:
                return handler(call, *found.groups())
        here = here or found
    raise Problem("method_not_allowed" if here else "not_found")


def refusal(call, problem):
    status, *words = PROBLEMS[problem.code]
    errors = [{"pointer": pointer, "code": code, "detail": call.say(FIELD_WORDS)} for pointer, code in problem.errors]
    body = {"type": f"urn:example:problem:{problem.code}", "title": call.say(words), "status": status, "detail": None,
            "code": problem.code, "errors": errors, "trace_id": secrets.token_hex(8)}
    if problem.reason:
        body["reason"] = problem.reason
    headers = {"Content-Type": "application/problem+json"}
    if problem.retry_after:
        headers["Retry-After"] = str(problem.retry_after)
    return reply(status, body, headers)


class Handler(BaseHTTPRequestHandler):
    """HTTP around it: bodies in, headers that stand on every answer out."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """No line: addresses hold tokens."""

    def answer(self):
        size = self.headers.get("Content-Length", "0")
        size = int(size) if size.isdigit() else 0
        # A body that is not read ends the connection.
        unread = size > DISCARD_MAX or "Transfer-Encoding" in self.headers
        self.close_connection = self.close_connection or unread
        body = b"" if unread else self.rfile.read(size)
        url = urllib.parse.urlsplit(self.path)
        method = self.command
        if method == "POST" and re.fullmatch(f"{BASE}/attachments/.+", url.path):
            method = self.headers.get("X-HTTP-Method-Override", method)
        query = dict(urllib.parse.parse_qsl(url.query))
        call = Call(method, url.path, query, self.headers, body, self.client_address[0])
        if method == "OPTIONS":
            status, headers, content = 204, {}, b""
        else:
            try:
                if unread:
                    raise Problem("payload_too_large")
                status, headers, content = route(call)
            except Problem as problem:
                status, headers, content = refusal(call, problem)
            except Exception as error:  # What nobody thought of is no page of the library.
                print("internal:", type(error).__name__, flush=True)
                status, headers, content = refusal(call, Problem("internal"))
        self.send_response(status)
        for name, value in {**headers, **self.every_answer(call)}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def every_answer(self, call):
        headers = {"Content-Language": LOCALES[call.locale], "Cache-Control": "no-store",
                   "Vary": "Origin, Accept-Language", "X-Content-Type-Options": "nosniff"}
        origin = self.headers.get("Origin")
        if origin in ORIGINS:
            headers.update({"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED})
            if self.command == "OPTIONS":
                headers.update({"Access-Control-Allow-Methods": "GET, HEAD, POST, PATCH, PUT, DELETE",
                                "Access-Control-Allow-Headers": ALLOWED, "Access-Control-Max-Age": "7200"})
        return headers

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A ticket API of the contract's core, in memory.")
    parser.add_argument("--listen", default="127.0.0.1:8090")
    parser.add_argument("--allow-origin", action="append", default=[])
    parser.add_argument("--desk-token")
    options = parser.parse_args()
    ORIGINS, DESK_TOKEN = options.allow_origin, options.desk_token
    host, _, port = options.listen.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    print(f"listening on http://{host}:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
