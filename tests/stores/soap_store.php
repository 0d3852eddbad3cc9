<?php
/*
 * A store that speaks S3's SOAP interface, by PHP's own SoapServer and our WSDL: `php -S address soap_store.php`.
 *
 * It shares no line with the gateway: XML, types and faults are ext/soap's, signatures hash_hmac's, and the
 * parts of DIME and MIME messages are cut and glued here by hand. What S3 leaves open it decides as an
 * old store might: codes of faults have no prefix, every failed condition is a fault, an answer to a range
 * says the length of the whole object and not which part it is.
 *
 * POST to /inline answers data inside the envelope whatever was asked; anywhere else as asked, in the form that
 * Accept names. The environment says the rest: STORE_WSDL, STORE_STATE (a file), STORE_KEYS (key=secret,...),
 * STORE_BUCKET (one that is there from the first). Another WSDL makes it a store with a dialect: its namespace and its order of elements are kept by ext/soap.
 */

preg_match('/targetNamespace="([^"]+)"/', file_get_contents(getenv('STORE_WSDL')), $told);
define('CONTRACT', $told[1]);
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const MAX_SKEW = 900;

/** Throws a fault of S3; the details become the children of its detail element. */
function fault(string $code, string $message, array $details = []): never
{
    throw new SoapFault($code, $message, null, $details ? (object) $details : null);
}

function moment(float $time): string
{
    return gmdate('Y-m-d\TH:i:s', (int) $time) . sprintf('.%03dZ', fmod($time, 1) * 1000);
}

/** What ext/soap gives for elements that may repeat: nothing, one, or an array of them. */
function several(mixed $found): array
{
    return $found === null ? [] : (is_array($found) ? $found : [$found]);
}

/** A person or a group as ext/soap writes it: with the type that says which of them it is. */
function grantee(object $grantee): SoapVar
{
    $kind = isset($grantee->URI) ? 'Group' : (isset($grantee->EmailAddress) ? 'AmazonCustomerByEmail' : 'CanonicalUser');
    return new SoapVar((array) $grantee, SOAP_ENC_OBJECT, $kind, CONTRACT);
}

/** The operations. Each takes what ext/soap read, and returns what it writes. */
class Store
{
    public ?string $data = null;

    public function __construct(private array $state, private array $keys, public ?string $attached, private bool $inline)
    {
    }

    public function state(): array
    {
        return $this->state;
    }

    public function ListAllMyBuckets(object $asked): array
    {
        $user = $this->check(__FUNCTION__, $asked);
        $found = [];
        foreach ($this->state as $name => $bucket) {
            $found[] = ['Name' => $name, 'CreationDate' => moment($bucket['time'])];
        }
        return ['ListAllMyBucketsResponse' => ['Owner' => $this->owner($user), 'Buckets' => ['Bucket' => $found]]];
    }

    public function CreateBucket(object $asked): array
    {
        $user = $this->check(__FUNCTION__, $asked);
        if (isset($this->state[$asked->Bucket])) {
            fault('BucketAlreadyOwnedByYou', 'It is yours.', ['BucketName' => $asked->Bucket]);
        }
        if (strlen($asked->Bucket) < 3) {
            fault('InvalidBucketName', 'The specified bucket is not valid.');
        }
        $this->state[$asked->Bucket] = [
            'time' => microtime(true),
            'owner' => $user,
            'grants' => several($asked->AccessControlList->Grant ?? null),
            'logging' => null,
            'objects' => [],
        ];
        return ['CreateBucketReturn' => ['BucketName' => $asked->Bucket]];
    }

    public function DeleteBucket(object $asked): array
    {
        $this->check(__FUNCTION__, $asked);
        if ($this->bucket($asked->Bucket)['objects']) {
            fault('BucketNotEmpty', 'The bucket you tried to delete is not empty.', ['BucketName' => $asked->Bucket]);
        }
        unset($this->state[$asked->Bucket]);
        return ['DeleteBucketResponse' => ['Code' => 204, 'Description' => 'No Content']];
    }

    public function ListBucket(object $asked): array
    {
        $user = $this->check(__FUNCTION__, $asked);
        [$prefix, $marker, $delimiter] = [$asked->Prefix ?? '', $asked->Marker ?? '', $asked->Delimiter ?? ''];
        $objects = $this->bucket($asked->Bucket)['objects'];
        ksort($objects, SORT_STRING);
        $left = $limit = $asked->MaxKeys ?? 1000;
        [$contents, $commons, $last, $truncated] = [[], [], '', false];
        foreach ($objects as $key => $object) {
            $key = (string) $key;
            if (!str_starts_with($key, $prefix) || strcmp($key, $marker) <= 0) {
                continue;
            }
            $end = $delimiter === '' ? false : strpos($key, $delimiter, strlen($prefix));
            $common = $end === false ? null : substr($key, 0, $end + strlen($delimiter));
            if ($common !== null && (isset($commons[$common]) || $common === $marker)) {
                continue;
            }
            if ($left-- <= 0) {
                $truncated = $limit > 0;
                break;
            }
            $last = $common ?? $key;
            if ($common !== null) {
                $commons[$common] = ['Prefix' => $common];
                continue;
            }
            $contents[] = [
                'Key' => $key,
                'LastModified' => moment($object['time']),
                'ETag' => $object['etag'],
                'Size' => strlen($object['data']),
                'Owner' => $this->owner($user),
                'StorageClass' => $object['class'],
            ];
        }
        $answer = ['Name' => $asked->Bucket, 'Prefix' => $prefix, 'Marker' => $marker];
        $answer += $truncated && $delimiter !== '' ? ['NextMarker' => $last] : [];
        $answer += ['MaxKeys' => $limit] + ($delimiter === '' ? [] : ['Delimiter' => $delimiter]);
        $answer += ['IsTruncated' => $truncated, 'Contents' => $contents, 'CommonPrefixes' => array_values($commons)];
        return ['ListBucketResponse' => $answer];
    }

    public function GetBucketAccessControlPolicy(object $asked): array
    {
        $this->check(__FUNCTION__, $asked);
        return ['GetBucketAccessControlPolicyResponse' => $this->policy($this->bucket($asked->Bucket))];
    }

    public function SetBucketAccessControlPolicy(object $asked): array
    {
        $this->check(__FUNCTION__, $asked);
        $this->bucket($asked->Bucket)['grants'] = several($asked->AccessControlList->Grant ?? null);
        return [];
    }

    public function GetObjectAccessControlPolicy(object $asked): array
    {
        $this->check(__FUNCTION__, $asked);
        return ['GetObjectAccessControlPolicyResponse' => $this->policy($this->object($asked->Bucket, $asked->Key))];
    }

    public function SetObjectAccessControlPolicy(object $asked): array
    {
        $this->check(__FUNCTION__, $asked);
        $this->object($asked->Bucket, $asked->Key)['grants'] = several($asked->AccessControlList->Grant ?? null);
        return [];
    }

    public function GetBucketLoggingStatus(object $asked): array
    {
        $this->check(__FUNCTION__, $asked);
        $logging = $this->bucket($asked->Bucket)['logging'];
        if ($logging === null) {
            return ['GetBucketLoggingStatusResponse' => []];
        }
        $told = ['TargetBucket' => $logging->TargetBucket, 'TargetPrefix' => $logging->TargetPrefix];
        $grants = several($logging->TargetGrants->Grant ?? null);
        $told += $grants ? ['TargetGrants' => ['Grant' => $this->grants($grants)]] : [];
        return ['GetBucketLoggingStatusResponse' => ['LoggingEnabled' => $told]];
    }

    public function SetBucketLoggingStatus(object $asked): array
    {
        $this->check(__FUNCTION__, $asked);
        $this->bucket($asked->Bucket)['logging'] = $asked->BucketLoggingStatus->LoggingEnabled ?? null;
        return [];
    }

    public function PutObject(object $asked): array
    {
        $user = $this->check(__FUNCTION__, $asked);
        if ($this->attached === null) {
            fault('MissingAttachment', 'A SOAP attachment was expected, but none were found.');
        }
        return ['PutObjectResponse' => $this->put($asked, $this->attached, $user)];
    }

    public function PutObjectInline(object $asked): array
    {
        $user = $this->check(__FUNCTION__, $asked);
        return ['PutObjectInlineResponse' => $this->put($asked, $asked->Data, $user)];
    }

    public function GetObject(object $asked): array
    {
        $this->check(__FUNCTION__, $asked);
        $object = $this->object($asked->Bucket, $asked->Key);
        return ['GetObjectResponse' => $this->result($asked, $object, $object['data'], 200, 'OK')];
    }

    public function GetObjectExtended(object $asked): array
    {
        $this->check(__FUNCTION__, $asked);
        $object = $this->object($asked->Bucket, $asked->Key);
        $tags = fn (array $tags) => array_map(fn ($tag) => trim($tag, '"'), $tags);
        $etag = trim($object['etag'], '"');
        [$match, $none] = [$tags(several($asked->IfMatch ?? null)), $tags(several($asked->IfNoneMatch ?? null))];
        $time = (int) $object['time'];
        $changed = ($match && !in_array($etag, $match) && !in_array('*', $match))
            || (isset($asked->IfUnmodifiedSince) && $time > strtotime($asked->IfUnmodifiedSince));
        $unchanged = in_array($etag, $none) || in_array('*', $none)
            || (isset($asked->IfModifiedSince) && !$none && $time <= strtotime($asked->IfModifiedSince));
        $ranged = isset($asked->ByteRangeStart) || isset($asked->ByteRangeEnd);
        if ($changed && $ranged && ($asked->ReturnCompleteObjectOnConditionFailure ?? false)) {
            $ranged = $changed = false;
        }
        if ($changed || $unchanged) {
            fault('PreconditionFailed', 'At least one of the preconditions you specified did not hold.');
        }
        if (!$ranged) {
            return ['GetObjectResponse' => $this->result($asked, $object, $object['data'], 200, 'OK')];
        }
        $size = strlen($object['data']);
        $end = min($asked->ByteRangeEnd ?? $size - 1, $size - 1);
        [$start, $end] = isset($asked->ByteRangeStart)
            ? [$asked->ByteRangeStart, $end]
            : [max(0, $size - $asked->ByteRangeEnd), $size - 1];
        if ($start > $end) {
            fault('InvalidRange', 'The requested range cannot be satisfied.', ['ActualObjectSize' => $size]);
        }
        $part = substr($object['data'], $start, $end - $start + 1);
        return ['GetObjectResponse' => $this->result($asked, $object, $part, 206, 'Partial Content')];
    }

    public function DeleteObject(object $asked): array
    {
        $this->check(__FUNCTION__, $asked);
        unset($this->bucket($asked->Bucket)['objects'][$asked->Key]);
        return ['DeleteObjectResponse' => ['Code' => 204, 'Description' => 'No Content']];
    }

    public function CopyObject(object $asked): array
    {
        $user = $this->check(__FUNCTION__, $asked);
        $source = $this->object($asked->SourceBucket, $asked->SourceKey);
        $tags = array_map(fn ($tag) => trim($tag, '"'), several($asked->CopySourceIfMatch ?? null));
        if ($tags && !in_array(trim($source['etag'], '"'), $tags)) {
            fault('PreconditionFailed', 'At least one of the preconditions you specified did not hold.');
        }
        $copy = ['time' => microtime(true), 'owner' => $user] + $source;
        $copy['grants'] = several($asked->AccessControlList->Grant ?? null);
        if (($asked->MetadataDirective ?? 'COPY') === 'REPLACE') {
            $copy['metadata'] = several($asked->Metadata ?? null);
        }
        $this->bucket($asked->DestinationBucket)['objects'][$asked->DestinationKey] = $copy;
        return ['CopyObjectResult' => ['LastModified' => moment($copy['time']), 'ETag' => $copy['etag']]];
    }

    /** Who asks: proved by HMAC over the operation and the text of its Timestamp. */
    private function check(string $operation, object $asked): string
    {
        if (!isset($asked->AWSAccessKeyId, $asked->Timestamp, $asked->Signature)) {
            fault('AccessDenied', 'Access Denied');
        }
        $secret = $this->keys[$asked->AWSAccessKeyId] ?? null;
        if ($secret === null) {
            fault('InvalidAccessKeyId', 'The AWS access key ID you provided does not exist in our records.');
        }
        if (abs(time() - strtotime($asked->Timestamp)) > MAX_SKEW) {
            fault('RequestTimeTooSkewed', 'The difference between the request time and the server\'s time is too large.');
        }
        $signature = base64_encode(hash_hmac('sha1', "AmazonS3$operation{$asked->Timestamp}", $secret, true));
        if (!hash_equals($signature, $asked->Signature)) {
            fault('SignatureDoesNotMatch', 'The signature is not right.', ['StringToSign' => 'AmazonS3...']);
        }
        return $asked->AWSAccessKeyId;
    }

    private function &bucket(string $name): array
    {
        if (!isset($this->state[$name])) {
            fault('NoSuchBucket', 'The specified bucket does not exist.', ['BucketName' => $name]);
        }
        return $this->state[$name];
    }

    private function &object(string $bucket, string $key): array
    {
        $found = &$this->bucket($bucket);
        if (!isset($found['objects'][$key])) {
            fault('NoSuchKey', 'The specified key does not exist.', ['Key' => $key]);
        }
        return $found['objects'][$key];
    }

    private function put(object $asked, string $data, string $user): array
    {
        if (strlen($data) != $asked->ContentLength) {
            fault('IncompleteBody', 'You did not provide the number of bytes specified by ContentLength');
        }
        $bucket = &$this->bucket($asked->Bucket);
        $object = [
            'data' => $data,
            'etag' => '"' . md5($data) . '"',
            'time' => microtime(true),
            'owner' => $user,
            'class' => $asked->StorageClass ?? 'STANDARD',
            'metadata' => several($asked->Metadata ?? null),
            'grants' => several($asked->AccessControlList->Grant ?? null),
        ];
        $bucket['objects'][$asked->Key] = $object;
        return ['ETag' => $object['etag'], 'LastModified' => moment($object['time'])];
    }

    /** A result with its data inside, or beside it, or without any. */
    private function result(object $asked, array $object, string $data, int $code, string $description): array
    {
        $answer = ['Status' => ['Code' => $code, 'Description' => $description]];
        if ($asked->GetMetadata) {
            $length = ['Name' => 'Content-Length', 'Value' => (string) strlen($object['data'])];
            $answer['Metadata'] = [...$object['metadata'], $length];
        }
        $inside = $asked->GetData && ($asked->InlineData || $this->inline);
        $this->data = $asked->GetData && !$inside ? $data : null;
        $answer['Data'] = $inside ? $data : null;
        return $answer + ['LastModified' => moment($object['time']), 'ETag' => $object['etag']];
    }

    private function owner(string $user): array
    {
        return ['ID' => "id-of-$user", 'DisplayName' => $user];
    }

    private function policy(array $about): array
    {
        $full = ['Grantee' => new SoapVar($this->owner($about['owner']), SOAP_ENC_OBJECT, 'CanonicalUser', CONTRACT)];
        $grants = $about['grants'] ? $this->grants($about['grants']) : [$full + ['Permission' => 'FULL_CONTROL']];
        return ['Owner' => $this->owner($about['owner']), 'AccessControlList' => ['Grant' => $grants]];
    }

    private function grants(array $grants): array
    {
        $written = fn ($grant) => ['Grantee' => grantee($grant->Grantee), 'Permission' => $grant->Permission];
        return array_map($written, $grants);
    }
}

/** Cuts a message into its parts: envelope and attachment, each null when it is not there. */
function parts(string $type, string $body): array
{
    if (str_starts_with($type, 'application/dime')) {
        $found = [];
        $at = 0;
        while ($at + 12 <= strlen($body)) {
            $head = unpack('Cflags/Ckind/noptions/nid/ntype/Ndata', $body, $at);
            $at += 12;
            foreach (['options', 'id', 'type'] as $field) {
                $at += $head[$field] + 3 & ~3;
            }
            $data = substr($body, $at, $head['data']);
            $at += $head['data'] + 3 & ~3;
            if ($head['kind'] >> 4 === 0) {
                $found[count($found) - 1] .= $data;
            } else {
                $found[] = $data;
            }
        }
        return [$found[0] ?? null, $found[1] ?? null];
    }
    if (str_starts_with($type, 'multipart/related')) {
        preg_match('/boundary="?([^";]+)"?/', $type, $told);
        $found = [];
        foreach (array_slice(explode("\r\n--$told[1]", "\r\n$body"), 1, -1) as $part) {
            $found[] = substr($part, strpos($part, "\r\n\r\n") + 4);
        }
        return [$found[0] ?? null, $found[1] ?? null];
    }
    return [$body, null];
}

/** Glues an envelope and an attachment; returns the type of the message and the message. */
function package(string $accept, string $envelope, string $data): array
{
    if (str_contains($accept, 'application/dime')) {
        $record = function (int $flags, int $kind, string $type, string $data): string {
            $fill = fn (string $text): string => $text . str_repeat("\0", -strlen($text) & 3);
            $head = pack('CCnnnN', 8 | $flags, $kind << 4, 0, 0, strlen($type), strlen($data));
            return $head . $fill($type) . $fill($data);
        };
        return ['application/dime', $record(4, 2, ENVELOPE, $envelope) . $record(2, 1, 'application/octet-stream', $data)];
    }
    $boundary = 'PHP-' . md5($data);
    $body = "--$boundary\r\nContent-Type: text/xml; charset=utf-8\r\nContent-ID: <root>\r\n\r\n$envelope\r\n"
        . "--$boundary\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n$data\r\n"
        . "--$boundary--\r\n";
    return ["multipart/related; type=\"text/xml\"; start=\"<root>\"; boundary=$boundary", $body];
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    echo 'ready';
    return;
}
parse_str(strtr(getenv('STORE_KEYS'), ',', '&'), $keys);
[$envelope, $attached] = parts($_SERVER['CONTENT_TYPE'] ?? '', file_get_contents('php://input'));
$file = getenv('STORE_STATE');
$first = ['time' => microtime(true), 'owner' => array_key_first($keys), 'grants' => [], 'logging' => null, 'objects' => []];
$state = is_file($file) ? unserialize(file_get_contents($file)) : array_filter([getenv('STORE_BUCKET') => $first], strlen(...), ARRAY_FILTER_USE_KEY);
$store = new Store($state, $keys, $attached, $_SERVER['REQUEST_URI'] === '/inline');
$server = new SoapServer(getenv('STORE_WSDL'), ['cache_wsdl' => WSDL_CACHE_NONE, 'soap_version' => SOAP_1_1]);
$server->setObject($store);
ob_start();
$server->handle($envelope);
$answer = ob_get_clean();
file_put_contents($file, serialize($store->state()));
if ($store->data !== null) {
    [$type, $answer] = package($_SERVER['HTTP_ACCEPT'] ?? '', $answer, $store->data);
    header("Content-Type: $type");
}
header('Content-Length: ' . strlen($answer));
echo $answer;
