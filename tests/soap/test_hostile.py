"""Messages of attackers and of chance: all are a Call that was meant, or a fault that has a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages import Call
from gateway.tables.errors import known
from gateway.tables.operations import OPERATIONS
from tests.joined import message, our_contract
from tests.soap.messages import asked, asking, envelope, outcome, soap
from tests.soap.wrapping import wrapped
from tests.strategies import calls_of
from tests.wire.attacks import ATTACKS, document

BUCKET = "<Bucket>b</Bucket>"


@pytest.mark.parametrize(("name", "body"), list(wrapped()), ids=[name for name, _ in wrapped()])
def test_no_signed_element_proves_another(name, body):
    """Every one is refused before anything is asked, on a gateway that allows no anonymous calls."""
    assert outcome(body) in {"InvalidSOAPRequest", "MissingSecurityElement", "SignatureDoesNotMatch"}


def test_what_is_nested_in_the_signed_operation_is_not_carried_out():
    nested = asking("DeleteBucket", "<Bucket>c</Bucket>", signed="")
    call = asked(envelope(asking("ListBucket", BUCKET + nested)))
    assert (call.operation, call.values) == ("ListBucket", {"Bucket": "b"})


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_on_the_parser_is_refused_or_is_the_key_it_says(attack):
    around = envelope(asking("DeleteObject", "<Bucket>b</Bucket><Key>|</Key>")).split(b"|")
    charset = f"; charset={attack.charset}" if attack.charset else ""
    came = outcome(document(attack, (around[0], around[1])), f"Content-Type: text/xml{charset}")
    if attack.reads is None:
        assert came == "InvalidSOAPRequest"
    else:
        assert came.values["Key"] == attack.reads


# -- anything ---------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["e:Envelope", "e:Header", "e:Body", "Bucket", "Key", "Data", "AWSAccessKeyId", "Timestamp", "Signature", "Grant",
     "AccessControlList", "Grantee", "Metadata", "w:ReplyTo", "w:Address", *OPERATIONS]
)  # fmt: skip
ATTRIBUTES = st.sampled_from(
    ["", ' xmlns="urn:x"', ' i:nil="true"', ' i:type="Group"', ' e:mustUnderstand="1"', ' xmlns=""']
)
TEXTS = st.sampled_from(
    ["", "b", " ", "TWFu", "3", "true", "2026-11-23T12:00:00Z", "<![CDATA[<]]>", "&#13;", "<!-- -->"]
)
TREES = st.recursive(
    TEXTS,
    lambda inner: st.builds(
        lambda name, attributes, inside: f"<{name}{attributes}>{''.join(inside)}</{name}>",
        NAMES,
        ATTRIBUTES,
        st.lists(inner, max_size=4),
    ),
    max_leaves=20,
)
SETTINGS = st.fixed_dictionaries({"anonymous": st.booleans(), "max_inline_data": st.integers(0, 9)})


def answers_with_a_call_or_a_named_fault(body, *fields, **settings):
    came = outcome(body, *fields, of=soap(**settings))
    assert isinstance(came, Call) or known(came)


@given(TREES, TREES, st.sampled_from(sorted(OPERATIONS)), SETTINGS)
def test_any_xml_gives_a_call_or_a_named_fault(inside, header, operation, settings):
    wsa = "http://www.w3.org/2005/08/addressing"
    for signed in ("", None):
        body = envelope(asking(operation, inside, signed=signed), header).replace(
            b" xmlns:e=", f' xmlns:w="{wsa}" xmlns:e='.encode(), 1
        )
        answers_with_a_call_or_a_named_fault(body, **settings)
    answers_with_a_call_or_a_named_fault(
        envelope(inside).replace(b" xmlns:e=", f' xmlns:w="{wsa}" xmlns:e='.encode(), 1), **settings
    )


@given(st.binary(max_size=200), st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20))
def test_any_bytes_give_a_named_fault(body, charset):
    answers_with_a_call_or_a_named_fault(
        body, f"Content-Type: text/xml;charset={charset}", f"SOAPAction: {charset}"
    )


@given(
    calls_of(our_contract()),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), st.binary(max_size=8)), max_size=3),
    SETTINGS,
)
def test_a_message_that_was_damaged_gives_a_call_or_a_named_fault(call, damages, settings):
    body = message(call)
    for where, cut, put in damages:
        start = int(where * len(body))
        body = body[:start] + put + body[start + cut :]
    answers_with_a_call_or_a_named_fault(body, **settings)
