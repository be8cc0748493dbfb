"""A foreign client: grpcio, with messages made from the server's own reflection.

Starts the real binary (`limpid demo`), calls health, Recommend, Explain, GetNotice and RecordEvents, adds
the lines of each account up in Python integers, and looks each reason's evidence up in the bundled
purchases. Usage: client.py PATH_TO_LIMPID [URL_OF_AN_EMPTY_DATABASE]
"""

import contextlib
import datetime as dt
import json
import math
import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

import deletion
import grpc
import log_export
import pyarrow.compute as pc
import pyarrow.parquet as pq
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

EXAMPLE = Path(__file__).resolve().parents[2] / "models" / "complete-journey"
UNITS_PER_NAT = 2**32
START_SECONDS_MAX = 300


@contextlib.contextmanager
def demo(binary, store, chain):
    """Runs the demo on a free port, its log in `store` if one is named; yields its address, what it printed, and its data folder."""
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as lists:
        key, participants = Path(lists) / "ours.pem", Path(lists) / "participants.json"
        subprocess.run([binary, "deletion", "key", "--out", key], check=True, stdout=subprocess.DEVNULL)
        participants.write_text(json.dumps(chain.participants(key.name)))
        process = subprocess.Popen(
            [binary, "demo", "--port", "0", "--data", data, "--deletion-participants", participants]
            + (["--store", store] if store else []),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        watchdog = threading.Timer(START_SECONDS_MAX, process.kill)
        watchdog.start()
        printed = []
        for line in process.stdout:
            printed.append(line)
            if found := re.search(r"[Ss]erving .*http://(127\.0\.0\.1:\d+)", line):
                break
        else:
            raise SystemExit("the demo ended before it served:\n" + "".join(printed))
        watchdog.cancel()
        threading.Thread(target=lambda: printed.extend(process.stdout), daemon=True).start()
        try:
            yield found[1], printed, Path(data)
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=30)
        assert code == 0, f"the demo drained with exit code {code}:\n" + "".join(printed)


class Api:
    """Calls by name, with messages made from reflection."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        self.reflected = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.reflected)

    def message(self, name, **fields):
        cls = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))
        return json_format.ParseDict(fields, cls())

    def call(self, service, method, *requests):
        described = self.pool.FindServiceByName(service).FindMethodByName(method)
        request = message_factory.GetMessageClass(described.input_type)
        answer = message_factory.GetMessageClass(described.output_type)
        kind = self.channel.stream_unary if described.client_streaming else self.channel.unary_unary
        stub = kind(
            f"/{service}/{method}", request_serializer=request.SerializeToString, response_deserializer=answer.FromString
        )
        messages = [json_format.ParseDict(fields, request()) for fields in requests]
        return stub(iter(messages) if described.client_streaming else messages[0], timeout=30)

    def refused(self, code, service, method, *requests):
        try:
            self.call(service, method, *requests)
        except grpc.RpcError as error:
            assert error.code() == code, f"{method}: {error.code()} {error.details()}, not {code}"
            return error.details()
        raise AssertionError(f"{method} was not refused with {code}")


class Purchases:
    """The bundled purchases, read by nobody else's code."""

    def __init__(self):
        products = pq.read_table(EXAMPLE / "products.parquet").to_pydict()
        self.columns = [name for name in products if name != "product"]
        self.of_product = {
            product: {name: products[name][i] for name in self.columns} for i, product in enumerate(products["product"])
        }
        self.events = pq.read_table(EXAMPLE / "events.parquet")

    def of(self, subject):
        rows = self.events.filter(pc.equal(self.events["subject"], pc.cast(subject, self.events["subject"].type)))
        return rows.to_pylist()

    def check(self, subject, fact, at):
        """The evidence must be exactly what the raw rows say of this person, window and key."""
        start = at - dt.timedelta(days=fact.window_days)
        days, count = set(), 0
        for row in self.of(subject):
            when = moment(row["at"])
            if row["kind"] != fact.event or not start <= when < at:
                continue
            value = None
            if fact.attribute == "product":
                value = str(row["product"])
            elif fact.attribute:
                value = row.get(fact.attribute, self.of_product.get(row["product"], {}).get(fact.attribute))
            if fact.key and str(value) != fact.key:
                continue
            days.add(when.date())
            count += 1
        if not fact.key and fact.attribute:
            return  # nothing shared: the absence is checked through the counts below only with a key
        assert len(days) == fact.days, f"{fact}: the raw purchases have {len(days)} days"
        assert count == fact.count, f"{fact}: the raw purchases have {count} lines"
        if days:
            assert min(days).isoformat() == fact.first_day and max(days).isoformat() == fact.last_day, f"{fact}: {sorted(days)}"


def moment(value):
    """A moment of the Parquet files: microseconds since 1970, or a timestamp."""
    if isinstance(value, int):
        return dt.datetime.fromtimestamp(0, dt.timezone.utc) + dt.timedelta(microseconds=value)
    return value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)


def add_up(account):
    """Lines, in Python integers, against what the service says they sum to."""
    total = sum(line.value_units for line in account.lines)
    assert total == account.ranking_value_units, f"lines sum to {total}, not {account.ranking_value_units}"
    for attribution in account.attributions:
        parts = attribution.baseline_output_value + sum(attribution.feature_attributions.values())
        offset = sum(
            line.value for line in account.lines if line.response == attribution.response and line.kind == 4
        )
        assert abs(parts + offset - attribution.instance_output_value) < 1e-9
    return total


def main(binary, store=None):
    purchases = Purchases()
    impressions = pq.read_table(EXAMPLE / "impressions.parquet").to_pylist()
    chain = deletion.Chain()
    with demo(binary, store, chain) as (address, printed, data):
        api = Api(address)
        for service in ("RecommendationService", "ExplanationService", "EventService", "ModelService", "TransparencyService"):
            health = api.call("grpc.health.v1.Health", "Check", {"service": f"limpid.v1.{service}"})
            assert health.status == 1, f"{service} is not serving"
        services = set(api.reflected.get_services())
        assert {"limpid.v1.RecommendationService", "grpc.health.v1.Health"} <= services, services

        now = api.call("limpid.v1.RecommendationService", "Recommend", request("clock", impressions[-1]["subject"], ["1-1"], []))
        at = now.decided_at.ToDatetime(dt.timezone.utc)
        newest = max(moment(row["at"]) for row in impressions if moment(row["at"]) <= at)
        campaigns = [row for row in impressions if moment(row["at"]) == newest]
        subjects = sorted({row["subject"] for row in campaigns}, key=str)[:40]
        ads = sorted({row["ad"] for row in campaigns})
        named = 0
        for subject in subjects:
            named += recommend_and_explain(api, purchases, subject, ads)
        assert named >= len(subjects) / 2, f"only {named} of {len(subjects)} decisions name real purchases"
        print(f"{len(subjects)} decisions: every account adds up, all evidence is in the purchases, {named} name one")

        events_move_the_next_decision(api, purchases, subjects[0], ads, at)
        signals_withhold(api, subjects[0], ads)
        bad_input(api, subjects[0], ads)
        pages(printed)
        deletion_requests_are_carried_out(api, chain, f"http://{address}", subjects[1:4], ads)
        proven = api.call("limpid.v1.RecommendationService", "Recommend", request("proven", subjects[0], ads, ALL))
        the_log_is_proven(binary, ["--data", data, *(["--store", store] if store else [])], data, proven.decision_id)
    print("foreign client: all passed")


def deletion_requests_are_carried_out(api, chain, address, subjects, ads):
    """A shop's request and one that an agency passes on are carried out, and a forged one is not."""
    def of_history(subject, impression):
        answer = api.call("limpid.v1.RecommendationService", "Recommend", request(impression, subject, ads, ALL))
        now = int(answer.decided_at.ToDatetime(dt.timezone.utc).timestamp())
        return now, sum(verdict.permitted for verdict in answer.verdicts)

    before = [of_history(subject, f"deletion-{subject}") for subject in subjects]
    (now, _), (first, second, third) = before[0], map(str, subjects)
    assert deletion.send(address, chain.first(first, now)) == (202, 0)
    assert deletion.send(address, chain.second(second, now)) == (202, 10000)
    forger = deletion.Chain()
    forger.shop.kid, forger.agency.kid = chain.shop.kid, chain.agency.kid
    assert deletion.send(address, forger.first(third, now)) == (400, 2)
    assert deletion.send(address, forger.second(third, now)) == (400, 13202)
    after = [of_history(subject, f"deleted-{subject}") for subject in subjects]
    used = [(was, used) for (_, was), (_, used) in zip(before, after)]
    assert all(used < was for was, used in used[:2]) and used[2][0] == used[2][1], used
    print("deletion requests by RSA and P-256 are carried out, and no forged one is")


def request(impression, subject, ads, purposes, **fields):
    return {
        "tenant": "demo",
        "impression": {"id": impression},
        "subject": {"id": str(subject), "acceptedPurposes": purposes},
        "candidates": [{"adId": ad} for ad in ads],
        **fields,
    }


ALL = list(range(1, 12))
FULL = {"reasonView": "REASON_VIEW_FULL", "accountView": "ACCOUNT_VIEW_ALL"}


def recommend_and_explain(api, purchases, subject, ads):
    """One decision, checked from outside; 1 if its first ad names a real purchase."""
    asked = request(f"foreign-{subject}", subject, ads, ALL, locale="en", maxAds=3, **FULL)
    answer = api.call("limpid.v1.RecommendationService", "Recommend", asked)
    at = answer.decided_at.ToDatetime(dt.timezone.utc)
    values = [add_up(ad.account) for ad in answer.ads]
    assert values == sorted(values, reverse=True), "not ranked by the sum of the lines"
    assert len(answer.ads) == len(ads) - len(answer.refused)
    for ad, value in zip(answer.ads, values):
        assert ad.ranking_value_units == value
        assert abs(math.exp(value / UNITS_PER_NAT) - ad.probability) < 1e-9, "without a price the probability ranks"
    again = api.call("limpid.v1.RecommendationService", "Recommend", asked)
    assert again.decision_id == answer.decision_id and again.repeated_call

    names_purchase = 0
    for ad in answer.ads[:3]:
        assert ad.headline and all(reason.text for reason in ad.reasons)
        share = sum(reason.share for reason in ad.reasons)
        assert abs(share - ad.named_share) < 1e-9 and 0 <= ad.named_share <= 1
        for reason in ad.reasons:
            for fact in reason.evidence:
                if fact.WhichOneof("fact") == "history" and fact.history.event == "purchase":
                    purchases.check(subject, fact.history, at)
                    names_purchase |= fact.history.count > 0 and ad.rank == 1
    first = answer.ads[0]
    for locale in ("en", "fr"):
        told = api.call(
            "limpid.v1.ExplanationService", "Explain", {"token": first.explanation_token, "locale": locale}
        )
        assert told.account == first.account, "the explained account is not the one that was served"
        assert told.locale == locale and told.exact and told.headline
        assert "(s)" not in told.headline + "".join(reason.text for reason in told.reasons)
    notice = api.call("limpid.v1.ExplanationService", "GetNotice", {"token": first.explanation_token}).notice
    assert notice.on_behalf_of and notice.paid_by
    return int(names_purchase)


def events_move_the_next_decision(api, purchases, subject, ads, now):
    """Buying what an ad is for, ten times, raises that ad; sending the events again does not."""
    before = api.call("limpid.v1.RecommendationService", "Recommend", request("before", subject, ads, ALL, **FULL))
    ad = before.ads[-1].ad_id
    covered = pq.read_table(EXAMPLE / "ad_products.parquet").to_pylist()
    product = next(row["product"] for row in covered if row["ad"] == ad and row["product"] in purchases.of_product)
    events = [
        {
            "tenant": "demo",
            "event": {
                "id": f"bought-{i}",
                "subjectId": str(subject),
                "kind": "EVENT_KIND_PURCHASE",
                "at": (now - dt.timedelta(days=i % 6, hours=i + 1)).isoformat().replace("+00:00", "Z"),
                "attributes": {"product": str(product)},
                "spendMicros": "2500000",
                "acceptedPurposes": ALL,
            },
        }
        for i in range(10)
    ]
    tally = api.call("limpid.v1.EventService", "RecordEvents", *events)
    if tally.sensitive:
        return
    assert tally.recorded == 10, tally
    after = api.call("limpid.v1.RecommendationService", "Recommend", request("after", subject, ads, ALL, **FULL))
    rank = {a.ad_id: a.ranking_value_units for a in before.ads}
    moved = next(a for a in after.ads if a.ad_id == ad)
    assert moved.ranking_value_units > rank[ad], "ten purchases of a covered product did not raise the ad"
    tally = api.call("limpid.v1.EventService", "RecordEvents", *events)
    assert (tally.recorded, tally.known) == (0, 10), tally
    still = api.call("limpid.v1.RecommendationService", "Recommend", request("still", subject, ads, ALL, **FULL))
    units = {a.ad_id: a.ranking_value_units for a in still.ads}
    assert units == {a.ad_id: a.ranking_value_units for a in after.ads}, "events sent twice counted twice"
    print("events move the next decision, once")
    outcomes_belong_to_a_decision(api, subject, before, after, str(product))


def outcomes_belong_to_a_decision(api, subject, decision, later, product):
    """A conversion counts once, and only for a decision that showed the ad to this person; old events are not believed."""

    def told(id, kind="EVENT_KIND_CONVERSION", who=subject, ad=decision.ads[0].ad_id, of=decision.decision_id, days=0):
        at = later.decided_at.ToDatetime(dt.timezone.utc) - dt.timedelta(days=days)
        event = {"id": id, "subjectId": str(who), "kind": kind, "at": at.isoformat().replace("+00:00", "Z")}
        event |= {"attributes": {"product": product}, "acceptedPurposes": ALL}
        event |= {"decisionId": of, "adId": ad} if kind == "EVENT_KIND_CONVERSION" else {}
        return {"tenant": "demo", "event": event}

    tally = api.call("limpid.v1.EventService", "RecordEvents", told("outcome-1"), told("outcome-2"))
    assert (tally.recorded, tally.known) == (1, 1), tally
    doubtful = [
        told("outcome-3", who=f"not-{subject}"),
        told("outcome-4", of=later.decision_id, ad="no-such-ad"),
        told("outcome-5", days=1),
        told("old", kind="EVENT_KIND_PURCHASE", days=8),
    ]
    tally = api.call("limpid.v1.EventService", "RecordEvents", *doubtful)
    assert (tally.recorded, tally.quarantined) == (0, 4), tally
    counts = api.call("limpid.v1.EventService", "GetQuarantine", {"tenant": "demo"}).counts
    assert sum(count.events for count in counts) == 4, counts
    print("outcomes count once and for their decision alone, and what is not believed is counted")


def signals_withhold(api, subject, ads):
    """What a signal refuses moves nothing, and every verdict says which signal it was."""
    nobody = request("signals-nobody", subject, ads, ALL, **FULL)
    del nobody["subject"]
    values = lambda answer: {ad.ad_id: ad.ranking_value_units for ad in answer.ads}
    context = values(api.call("limpid.v1.RecommendationService", "Recommend", nobody))
    refusals = [
        ({"gpc": True}, "CONSENT_SIGNAL_GPC", "CONSENT_GROUND_PRIVACY_CONTROL"),
        ({"childDirected": True}, "CONSENT_SIGNAL_AGE", "CONSENT_GROUND_CHILD_DIRECTED"),
        ({"tcString": "no such string"}, "CONSENT_SIGNAL_TC_STRING", "CONSENT_GROUND_UNREADABLE"),
        ({"gppString": "DBABTA~1YYN"}, "CONSENT_SIGNAL_GPP_SECTION", "CONSENT_GROUND_OPTED_OUT_OF_SALE"),
    ]
    for number, (consent, signal, ground) in enumerate(refusals):
        asked = request(f"signals-{number}", subject, ads, ALL, consent=consent, **FULL)
        answer = api.call("limpid.v1.RecommendationService", "Recommend", asked)
        assert values(answer) == context, f"{signal} let something personal in"
        told = json_format.MessageToDict(answer)["verdicts"]
        deciders = {(v["decidedBy"]["signal"], v["decidedBy"]["ground"]) for v in told if "needs" in v}
        assert deciders == {(signal, ground)}, deciders
    print("signals withhold, and say so")


def bad_input(api, subject, ads):
    recommend = ("limpid.v1.RecommendationService", "Recommend")
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    assert "candidates" in api.refused(invalid, *recommend, request("none", subject, [], ALL))
    assert "candidates" in api.refused(invalid, *recommend, request("many", subject, [f"a-{i}" for i in range(10_001)], ALL))
    assert "repeats" in api.refused(invalid, *recommend, request("twice", subject, [ads[0], ads[0]], ALL))
    assert "subject.id" in api.refused(invalid, *recommend, request("nobody", "", ads, ALL))
    assert "purposes" in api.refused(invalid, *recommend, request("purpose", subject, ads, [12]))
    api.refused(grpc.StatusCode.ALREADY_EXISTS, *recommend, request(f"foreign-{subject}", subject, ads[:1], ALL))
    api.refused(grpc.StatusCode.UNAUTHENTICATED, "limpid.v1.ExplanationService", "Explain", {"token": "v4.public.forged"})
    api.refused(grpc.StatusCode.NOT_FOUND, "limpid.v1.ModelService", "PromoteModel", {"version": "0" * 64})
    print("bad input is refused by name")


def pages(printed):
    """The pages whose addresses the demo printed."""
    addresses = re.findall(r"http://127\.0\.0\.1:\d+/why/\S+", "".join(printed))
    assert len(addresses) >= 3, "the demo printed no addresses of pages"
    for address in addresses[:3]:
        for language, start in (("en", '<html lang="en"'), ("fr", '<html lang="fr"')):
            asked = urllib.request.Request(address, headers={"Accept-Language": language})
            with urllib.request.urlopen(asked, timeout=30) as page:
                html = page.read().decode()
            assert start in html and "<script" not in html, address
    print("pages answer in English and French, without script")


def the_log_is_proven(binary, place, data, decision):
    """The log of the running service is whole, and a decision of it is proven by another implementation."""

    def ledger(*arguments):
        command = [binary, "ledger", *arguments, *place]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    assert ledger("verify").startswith("whole; "), "the log is not whole"
    ledger("export", decision, "--out", data / "decision.json")
    export = json.loads((data / "decision.json").read_text())
    told = log_export.check(export, ledger("key").strip())
    assert told["impression"] == "proven" and told["ads"], told
    export["proof"][0] = "00" * 32
    try:
        log_export.check(export, ledger("key").strip())
    except AssertionError:
        print("the log is whole, and a decision is proven by its public key alone")
    else:
        raise SystemExit("a proof that was changed passed")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
