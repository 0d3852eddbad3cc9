"""What real SOAP stacks put on the wire, one message each, and what it asks.

The stacks of today were captured; those that are gone are known from their sources and from the
documentation's own samples. What is odd about each is its name here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.soap.envelope import ANONYMOUS, SOAP
from gateway.soap.signature import sign
from tests.soap.messages import KEY, S3, SECRET, XSI

XSD = "http://www.w3.org/2001/XMLSchema"
ENC = "http://schemas.xmlsoap.org/soap/encoding/"
NOON = "2026-11-23T12:00:00.000Z"
WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
NUMBERS = bytes(range(200))
WRAPPED = (
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4\n"
    "OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3Bx\n"
    "cnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmq\n"
    "q6ytrq+wsbKztLW2t7i5uru8vb6/wMHCw8TFxsc=\n"
)
"""The first 200 bytes as Perl's encode_base64 writes them."""


@dataclass(frozen=True, slots=True)
class Client:
    """One stack.

    Attributes:
        name: The stack and what is odd about it.
        message: The body of its POST.
        operation: What it asks.
        values: With these fields.
        fields: Lines of the request's head.

    """

    name: str
    message: bytes
    operation: str
    values: dict[str, Any] = field(default_factory=dict)
    fields: tuple[str, ...] = ('SOAPAction: ""', "Content-Type: text/xml; charset=utf-8")


def signature(operation: str, timestamp: str = NOON) -> str:
    return sign(operation, timestamp, SECRET)


CLIENTS = (
    Client(
        "gSOAP: indented, CR LF at the end",
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<SOAP-ENV:Envelope\n xmlns:SOAP-ENV="{SOAP}"\n xmlns:SOAP-ENC="{ENC}"\n xmlns:xsi="{XSI}"\n xmlns:xsd="{XSD}"\n'
        f' xmlns:s3="{S3}">\n <SOAP-ENV:Body>\n  <s3:DeleteObject>\n   <s3:Bucket>b</s3:Bucket>\n   <s3:Key>k</s3:Key>\n'
        f"   <s3:AWSAccessKeyId>{KEY}</s3:AWSAccessKeyId>\n   <s3:Timestamp>2026-11-23T12:00:00Z</s3:Timestamp>\n"
        f"   <s3:Signature>{signature('DeleteObject')}</s3:Signature>\n  </s3:DeleteObject>\n </SOAP-ENV:Body>\n"
        f"</SOAP-ENV:Envelope>\r\n".encode(),
        "DeleteObject",
        {"Bucket": "b", "Key": "k"},
    ),
    Client(
        "Axis 1.4: default namespace, type on the Timestamp",
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:xsd="{XSD}" xmlns:xsi="{XSI}">'
        f'<soapenv:Body><ListBucket xmlns="{S3}"><Bucket>b</Bucket><Prefix>p/</Prefix><MaxKeys>0</MaxKeys>'
        f'<AWSAccessKeyId>{KEY}</AWSAccessKeyId><Timestamp xsi:type="xsd:dateTime">{NOON}</Timestamp>'
        f"<Signature>{signature('ListBucket')}</Signature></ListBucket></soapenv:Body></soapenv:Envelope>".encode(),
        "ListBucket",
        {"Bucket": "b", "Prefix": "p/", "MaxKeys": 0},
        ("Content-Type: text/xml; charset=utf-8", 'SOAPAction: ""', "Accept: application/soap+xml, text/*"),
    ),
    Client(
        "PHP SoapClient: whole seconds, signed with milliseconds",
        f'<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}" xmlns:ns1="{S3}"><SOAP-ENV:Body>'
        f"<ns1:GetObject><ns1:Bucket>b</ns1:Bucket><ns1:Key>\u00e9 +%</ns1:Key><ns1:GetMetadata>true</ns1:GetMetadata>"
        f"<ns1:GetData>true</ns1:GetData><ns1:InlineData>true</ns1:InlineData><ns1:AWSAccessKeyId>{KEY}</ns1:AWSAccessKeyId>"
        f"<ns1:Timestamp>2026-11-23T12:00:00Z</ns1:Timestamp><ns1:Signature>{signature('GetObject')}</ns1:Signature>"
        f"</ns1:GetObject></SOAP-ENV:Body></SOAP-ENV:Envelope>\n".encode(),
        "GetObject",
        {"Bucket": "b", "Key": "\u00e9 +%", "GetMetadata": True, "GetData": True, "InlineData": True},
    ),
    Client(
        "zeep: single quotes in the declaration",
        f"<?xml version='1.0' encoding='utf-8'?>\n<soap-env:Envelope xmlns:soap-env=\"{SOAP}\"><soap-env:Body>"
        f'<ns0:ListAllMyBuckets xmlns:ns0="{S3}"><ns0:AWSAccessKeyId>{KEY}</ns0:AWSAccessKeyId><ns0:Timestamp>{NOON}</ns0:Timestamp>'
        f"<ns0:Signature>{signature('ListAllMyBuckets')}</ns0:Signature></ns0:ListAllMyBuckets></soap-env:Body></soap-env:Envelope>".encode(),
        "ListAllMyBuckets",
    ),
    Client(
        "SOAP::Amazon::S3 (Perl): children in no namespace, nil on the operation, wrapped base64",
        f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{SOAP}" xmlns:soapenc="{ENC}" xmlns:xsd="{XSD}"'
        f' xmlns:xsi="{XSI}" soap:encodingStyle="{ENC}"><soap:Body><tns:PutObjectInline xmlns:tns="{S3}" xsi:nil="true">'
        f'<Bucket xsi:type="xsd:string">b</Bucket><Key xsi:type="xsd:string">k</Key><Metadata><Name>Content-Type</Name>'
        f'<Value>text/plain</Value></Metadata><Data xsi:type="xsd:base64Binary">{WRAPPED}</Data>'
        f'<ContentLength xsi:type="xsd:long">200</ContentLength><AWSAccessKeyId>{KEY}</AWSAccessKeyId><Timestamp>{NOON}</Timestamp>'
        f"<Signature>{signature('PutObjectInline')}</Signature></tns:PutObjectInline></soap:Body></soap:Envelope>".encode(),
        "PutObjectInline",
        {
            "Bucket": "b",
            "Key": "k",
            "Metadata": [{"Name": "Content-Type", "Value": "text/plain"}],
            "Data": NUMBERS,
            "ContentLength": 200,
        },
        ("Accept: text/xml", "SOAPAction: urn:S3#PutObjectInline", "Content-Type: text/xml"),
    ),
    Client(
        "SOAPpy: any order, SOAP-ENC attributes, the schema of 1999",
        f'<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope SOAP-ENV:encodingStyle="{ENC}" xmlns:SOAP-ENC="{ENC}"'
        f' xmlns:xsi="http://www.w3.org/1999/XMLSchema-instance" xmlns:xsd3="http://www.w3.org/1999/XMLSchema"'
        f' xmlns:SOAP-ENV="{SOAP}">\n<SOAP-ENV:Body>\n<ns1:ListBucket xmlns:ns1="{S3}" SOAP-ENC:root="1">\n'
        f'<Signature xsi:type="xsd3:string">{signature("ListBucket")}</Signature>\n<MaxKeys xsi:type="xsd3:int">5</MaxKeys>\n'
        f'<Timestamp xsi:type="xsd3:dateTime">{NOON}</Timestamp>\n<Marker xsi:null="1"/>\n<Bucket xsi:type="xsd3:string">b</Bucket>\n'
        f'<AWSAccessKeyId xsi:type="xsd3:string">{KEY}</AWSAccessKeyId>\n</ns1:ListBucket>\n</SOAP-ENV:Body>\n</SOAP-ENV:Envelope>\n'.encode(),
        "ListBucket",
        {"Bucket": "b", "MaxKeys": 5},
        ('SOAPAction: "ListBucket"', 'Content-Type: text/xml; charset="UTF-8"'),
    ),
    Client(
        "Flex: the schema instance of 2000, a nil Credential",
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}" xmlns:xsi="http://www.w3.org/2000/10/XMLSchema-instance"><SOAP-ENV:Body>'
        f'<DeleteBucket xmlns="{S3}"><Bucket xmlns="">b</Bucket><AWSAccessKeyId xmlns="">{KEY}</AWSAccessKeyId>'
        f'<Timestamp xmlns="">{NOON}</Timestamp><Signature xmlns="">{signature("DeleteBucket")}</Signature>'
        f'<Credential xmlns="" xsi:nil="true"/></DeleteBucket></SOAP-ENV:Body></SOAP-ENV:Envelope>'.encode(),
        "DeleteBucket",
        {"Bucket": "b"},
        ('SOAPAction: ""', "Content-Type: text/xml"),
    ),
    Client(
        "the documentation's ListBucket: its namespace, a blank before the key, MaxKeys last",
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><ListBucket xmlns="http://doc.s3.amazonaws.com/2006-03-01">'
        f"<Bucket>quotes</Bucket><Prefix>notes/</Prefix><Delimiter>/</Delimiter><MaxKeys>0</MaxKeys>"
        f"<AWSAccessKeyId> {KEY}</AWSAccessKeyId><Timestamp>{NOON}</Timestamp><Signature>{signature('ListBucket')}</Signature>"
        f"</ListBucket></soap:Body></soap:Envelope>".encode(),
        "ListBucket",
        {"Bucket": "quotes", "Prefix": "notes/", "Delimiter": "/", "MaxKeys": 0},
        ("Content-Type: text/xml",),
    ),
    Client(
        "the documentation's CreateBucket: a canned Acl that the schema does not have",
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header/><soap:Body><CreateBucket xmlns="https://doc.s3.amazonaws.com/2006-03-01">'
        f"<Bucket>quotes</Bucket><Acl>private</Acl><AWSAccessKeyId> {KEY}</AWSAccessKeyId><Timestamp>{NOON}</Timestamp>"
        f"<Signature>{signature('CreateBucket')}</Signature></CreateBucket></soap:Body></soap:Envelope>".encode(),
        "CreateBucket",
        {"Bucket": "quotes"},
        (),
    ),
    Client(
        "the documentation's CopyObject: SourceObject and DestinationObject",
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><CopyObject xmlns="http://doc.s3.amazonaws.com/2006-03-01">'
        f"<SourceBucket>quotes</SourceBucket><SourceObject>A</SourceObject><DestinationBucket>quotes</DestinationBucket>"
        f"<DestinationObject>B</DestinationObject><AWSAccessKeyId>{KEY}</AWSAccessKeyId><Timestamp>{NOON}</Timestamp>"
        f"<Signature>{signature('CopyObject')}</Signature></CopyObject></soap:Body></soap:Envelope>".encode(),
        "CopyObject",
        {"SourceBucket": "quotes", "SourceKey": "A", "DestinationBucket": "quotes", "DestinationKey": "B"},
    ),
    Client(
        ".NET: byte order mark, a Timestamp without its last zero, addressing that must be understood",
        f'\ufeff<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}" xmlns:xsi="{XSI}" xmlns:xsd="{XSD}"'
        f' xmlns:wsa="{WSA}"><soap:Header><wsa:Action soap:mustUnderstand="1"/><wsa:MessageID>uuid:1</wsa:MessageID><wsa:ReplyTo>'
        f"<wsa:Address>{ANONYMOUS[WSA]}</wsa:Address></wsa:ReplyTo><wsa:To>https://s3.amazonaws.com/soap</wsa:To></soap:Header>"
        f'<soap:Body><GetBucketAccessControlPolicy xmlns="{S3}"><Bucket>b</Bucket><AWSAccessKeyId>{KEY}</AWSAccessKeyId>'
        f"<Timestamp>2026-11-23T12:00:00.18Z</Timestamp><Signature>{signature('GetBucketAccessControlPolicy', '2026-11-23T12:00:00.180Z')}"
        f"</Signature></GetBucketAccessControlPolicy></soap:Body></soap:Envelope>".encode(),
        "GetBucketAccessControlPolicy",
        {"Bucket": "b"},
    ),
    Client(
        ".NET: UTF-16",
        f'<?xml version="1.0" encoding="utf-16"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body><DeleteBucket xmlns="{S3}">'
        f"<Bucket>b</Bucket><AWSAccessKeyId>{KEY}</AWSAccessKeyId><Timestamp>{NOON}</Timestamp>"
        f"<Signature>{signature('DeleteBucket')}</Signature></DeleteBucket></soap:Body></soap:Envelope>".encode(
            "utf-16"
        ),
        "DeleteBucket",
        {"Bucket": "b"},
        ('SOAPAction: ""', "Content-Type: text/xml; charset=utf-16"),
    ),
    Client(
        "gowsdl (Go): no SOAPAction, padding left off the signature",
        f'<Envelope xmlns="{SOAP}"><Body xmlns="{SOAP}"><GetBucketLoggingStatus xmlns="{S3}"><Bucket>b</Bucket>'
        f"<AWSAccessKeyId>{KEY}</AWSAccessKeyId><Timestamp>{NOON}</Timestamp>"
        f"<Signature>{signature('GetBucketLoggingStatus').rstrip('=')}</Signature></GetBucketLoggingStatus></Body></Envelope>".encode(),
        "GetBucketLoggingStatus",
        {"Bucket": "b"},
        ('Content-Type: text/xml; charset="utf-8"',),
    ),
)
"""All of them; the clock stands at noon."""
