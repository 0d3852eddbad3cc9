"""Rows of aws-cli and s5cmd: their ordinary commands, and what they say when those fail."""

from __future__ import annotations

from tests.differential.rows import HELLO, NEW, How, Loss, Row, Scene, Thing, things, words
from tests.differential.table.losses import ONLY_REST, SUMS

TREE = {"here/one.txt": b"one", "here/sub/two.txt": b"two", "here/a b+ü.txt": b"odd"}
FILES = Scene((Thing("k"),), files=TREE)
SHELF = things("a", "b/1", "b/2", "c d", "ü/x")
BOBS = Scene(None, bobs=("bobs-first", "bobs-second"))
REGION_TOLD = ['    "BucketRegion": "us-east-1"', "{", "}"]
TAG = ['    "ETag": "\\"f97c5d29941bfb1b2fdab0874906ab82\\""', "{", "}"]
QUIET = "--no-progress"


def aws(name: str, *steps, scene: Scene = HELLO, **more) -> Row:
    commands = tuple(words(*step) for step in steps)
    return Row(f"aws-cli: {name}", "aws-cli", commands, scene, any_order=True, **more)


def s5cmd(name: str, *steps, scene: Scene = HELLO, **more) -> Row:
    commands = tuple(words(*step) for step in steps)
    return Row(f"s5cmd: {name}", "s5cmd", commands, scene, any_order=True, **more)


def api(call: str, *more: str) -> tuple[str, ...]:
    return ("s3api", call, "--bucket", "{bucket}", *more)


AWS = (
    aws("list", ("s3", "ls", "s3://{bucket}"), scene=SHELF),
    aws("list a folder", ("s3", "ls", "s3://{bucket}/b/"), scene=SHELF),
    aws("list all, with sums", ("s3", "ls", "--recursive", "--summarize", "s3://{bucket}"), scene=SHELF),
    aws("list nothing", ("s3", "ls", "s3://{bucket}/nothing")),
    aws("list what is not there", ("s3", "ls", f"s3://{NEW}")),
    aws("list buckets", ("s3", "ls"), scene=BOBS, how=How(user="bob")),
    aws("make a bucket", ("s3", "mb", f"s3://{NEW}")),
    aws("make a bucket that is mine", ("s3", "mb", "s3://{bucket}")),
    aws("remove a bucket", ("s3", "rb", "s3://{bucket}"), scene=Scene()),
    aws("remove a bucket with objects", ("s3", "rb", "s3://{bucket}")),
    aws("remove a bucket by force", ("s3", "rb", "--force", "s3://{bucket}")),
    aws("copy up", ("s3", "cp", QUIET, "here/one.txt", "s3://{bucket}/one.txt"), scene=FILES, passes=True),
    aws("copy down", ("s3", "cp", QUIET, "s3://{bucket}/k", "there.txt")),
    aws("copy to the screen", ("s3", "cp", "s3://{bucket}/k", "-")),
    aws("copy within", ("s3", "cp", QUIET, "s3://{bucket}/k", "s3://{bucket}/l")),
    aws("copy a tree up", ("s3", "cp", QUIET, "--recursive", "here", "s3://{bucket}/t"), scene=FILES),
    aws("copy a tree down", ("s3", "cp", QUIET, "--recursive", "s3://{bucket}/", "there"), scene=SHELF),
    aws("copy down what is not there", ("s3", "cp", QUIET, "s3://{bucket}/nothing", "x")),
    aws(
        "copy up by somebody else",
        ("s3", "cp", QUIET, "here/one.txt", "s3://{bucket}/x"),
        scene=FILES,
        how=How("bob"),
    ),
    aws("move up", ("s3", "mv", QUIET, "here/one.txt", "s3://{bucket}/one.txt"), scene=FILES),
    aws("move within", ("s3", "mv", QUIET, "s3://{bucket}/k", "s3://{bucket}/l")),
    aws("remove", ("s3", "rm", "s3://{bucket}/k")),
    aws("remove a folder", ("s3", "rm", "--recursive", "s3://{bucket}/b/"), scene=SHELF),
    aws("synchronise up", ("s3", "sync", QUIET, "here", "s3://{bucket}/t"), scene=FILES),
    aws("synchronise down", ("s3", "sync", QUIET, "s3://{bucket}", "there"), scene=SHELF),
    aws("head a bucket", api("head-bucket"), soap=(Loss("out", "S3 tells the region", REGION_TOLD),)),
    aws("head an object", api("head-object", "--key", "k")),
    aws("head what is not there", api("head-object", "--key", "nothing")),
    aws("get an object", api("get-object", "--key", "k", "out")),
    aws("get a range", api("get-object", "--key", "k", "--range", "bytes=1-2", "out")),
    aws(
        "put an object",
        api("put-object", "--key", "p", "--body", "here/one.txt", "--metadata", "a=b"),
        scene=FILES,
        soap=(Loss("out", SUMS, TAG),),
    ),
    aws("list by the API", api("list-objects-v2", "--prefix", "b/"), scene=SHELF),
    aws("locate a bucket", api("get-bucket-location")),
    aws("an access list", api("get-object-acl", "--key", "k")),
    aws("tags", api("get-object-tagging", "--key", "k"), soap=ONLY_REST["GetObjectTagging"]),
    aws("by a liar", ("s3", "ls", "s3://{bucket}"), how=How("liar")),
    aws("by nobody", ("s3", "ls", "s3://{bucket}"), how=How("nobody")),
)

S5CMD = (
    s5cmd("list", ("ls", "s3://{bucket}/*"), scene=SHELF),
    s5cmd("list a folder", ("ls", "s3://{bucket}/b/"), scene=SHELF),
    s5cmd("list nothing", ("ls", "s3://{bucket}/nothing")),
    s5cmd("list what is not there", ("ls", f"s3://{NEW}/")),
    s5cmd("list buckets", ("ls",), scene=BOBS, how=How(user="bob")),
    s5cmd("make a bucket", ("mb", f"s3://{NEW}")),
    s5cmd("remove a bucket", ("rb", "s3://{bucket}"), scene=Scene()),
    s5cmd("remove a bucket with objects", ("rb", "s3://{bucket}")),
    s5cmd("head", ("head", "s3://{bucket}/k")),
    s5cmd("head what is not there", ("head", "s3://{bucket}/nothing")),
    s5cmd("head a bucket", ("head", "s3://{bucket}")),
    s5cmd("show", ("cat", "s3://{bucket}/k"), passes=True),
    s5cmd("show what is not there", ("cat", "s3://{bucket}/nothing")),
    s5cmd("sizes", ("du", "s3://{bucket}/*"), scene=SHELF),
    s5cmd("copy up", ("cp", "here/one.txt", "s3://{bucket}/one.txt"), scene=FILES, passes=True),
    s5cmd(
        "copy up over plain HTTP", ("cp", "here/one.txt", "s3://{bucket}/x"), scene=FILES, how=How(plain=True)
    ),
    s5cmd("copy a tree up", ("cp", "here/", "s3://{bucket}/t/"), scene=FILES),
    s5cmd("copy down", ("cp", "s3://{bucket}/k", "there.txt")),
    s5cmd("copy a tree down", ("cp", "s3://{bucket}/*", "there/"), scene=SHELF),
    s5cmd("copy within", ("cp", "s3://{bucket}/k", "s3://{bucket}/l")),
    s5cmd("copy what is not there", ("cp", "s3://{bucket}/nothing", "x")),
    s5cmd("move", ("mv", "s3://{bucket}/k", "s3://{bucket}/l")),
    s5cmd("remove", ("rm", "s3://{bucket}/k")),
    s5cmd("remove many", ("rm", "s3://{bucket}/b/*"), scene=SHELF),
    s5cmd("remove what is not there", ("rm", "s3://{bucket}/nothing")),
    s5cmd("synchronise up", ("sync", "here/", "s3://{bucket}/t/"), scene=FILES),
    s5cmd("by a liar", ("ls", "s3://{bucket}/*"), how=How("liar")),
    s5cmd("by somebody else", ("cat", "s3://{bucket}/k"), how=How("bob")),
    s5cmd("by nobody", ("ls", "s3://{bucket}/*"), how=How("nobody")),
)

ROWS = (*AWS, *S5CMD)
