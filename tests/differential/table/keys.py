"""Rows of keys as odd as S3 allows: each is put, got, listed, copied and deleted."""

from __future__ import annotations

from tests.differential.rows import EMPTY, How, Loss, Row, boto

KEYS = {
    "a path": "a/b/c.txt",
    "a blank": "two words",
    "a last blank": "word ",
    "a first blank": " word",
    "a plus": "a+b",
    "a per cent": "100%",
    "an escape that is none": "a%2Fb%20c",
    "an escape that is wrong": "a%zz",
    "two slashes": "a//b",
    "dots": "a/...b",
    "umlauts": "äöüß/€.txt",
    "decomposed umlauts": "a\u0308o\u0308",
    "Japanese": "日本語/ファイル",
    "beyond the BMP": "smile-\U0001f600",
    "an ampersand": "a&b=c",
    "a question mark": "what?is=this",
    "a hash": "a#b",
    "XML's signs": '<a href="x">&amp;</a>\'',
    "brackets": "[a]{b}(c)^|`~",
    "a star and more": "*!;:@$,'",
    "a backslash": "a\\b",
    "a tilde": "~user",
    "a colon": "http://example.com",
    "a no-break space": "a\u00a0b",
    "250 letters": "x" * 250,
    "1000 letters in a path": "/".join(["y" * 99] * 10),
    "a tab": "a\tb",
    "the word soap": "soap",
    "the word acl": "acl?acl",
    "a first slash": "/a",
}
WITHOUT_COPY = {
    "a dot in the path": "a/./b",
    "two dots in the path": "a/../b",
}
FOLDERS = {"a last slash": "folder/", "a colon and a last slash": "http://example.com/"}
VIRTUALLY = ("a blank", "a plus", "umlauts", "two slashes", "an escape that is none")


def row(word: str, key: str, **more) -> Row:
    steps = (
        boto("put_object", Key=key, Body=b"odd", Metadata={"a": "b"}),
        boto("get_object", Key=key),
        boto("head_object", Key=key),
        boto("list_objects_v2", Prefix=key[:1]),
        boto("copy_object", Key="copy", CopySource={"Bucket": "{bucket}", "Key": key}),
        boto("delete_object", Key=key),
        boto("get_object", Key=key),
    )
    return Row(f"key: {word}", "boto3", steps, EMPTY, **more)


PARTS = "SOAP does not tell of what objects parts may be asked"
WHOLE = tuple(Loss("AcceptRanges", PARTS, "bytes", step=step) for step in (1, 2))
ROWS = (
    *(row(word, key, passes=word in VIRTUALLY) for word, key in KEYS.items()),
    *(row(word, key) for word, key in WITHOUT_COPY.items()),
    *(row(word, key, soap=WHOLE) for word, key in FOLDERS.items()),
    *(
        row(
            word,
            KEYS[word],
            how=How(virtual=True),
            passes=True,
        ).but(name=f"key: {word}, by the host")
        for word in VIRTUALLY
    ),
)
