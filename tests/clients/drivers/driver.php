<?php
/*
 * PHP's SoapClient behind the line protocol of tests/clients/foreign.py.
 *
 * SoapClient reads the WSDL when it starts and gives what came as plain objects. Lists come as one
 * object or as an array of them, as old PHP programs know (SOAP_SINGLE_ELEMENT_ARRAYS is not set).
 *
 * Arguments: address, access key, secret key, file of the WSDL, file of the trusted CA.
 */

[, $address, $access_key, $secret_key, $wsdl, $ca] = $argv;
const CONTRACT = 'http://s3.amazonaws.com/doc/2006-03-01/';
const LISTS = ['AccessControlList' => 'Grant', 'TargetGrants' => 'Grant', 'Buckets' => 'Bucket'];
const REPEATED = ['Metadata', 'Contents', 'CommonPrefixes', 'Grant', 'Bucket'];

ini_set('default_socket_timeout', '60');
ini_set('memory_limit', '-1');
$trust = ['ssl' => ['cafile' => $ca, 'verify_peer' => true, 'verify_peer_name' => true]];
$client = new SoapClient($wsdl, [
    'location' => $address,
    'cache_wsdl' => WSDL_CACHE_NONE,
    'stream_context' => stream_context_create($trust),
    'exceptions' => true,
]);

/** Adds the security elements; fields that begin with @ say how to get them wrong. */
function sign(string $operation, array $fields, string $access_key, string $secret_key): array
{
    $moment = microtime(true) + (int) ($fields['@clock'] ?? 0);
    $timestamp = gmdate('Y-m-d\TH:i:s', (int) $moment) . sprintf('.%03dZ', fmod($moment, 1) * 1000);
    $text = "AmazonS3$operation$timestamp";
    $signed = [
        'AWSAccessKeyId' => $fields['@access_key'] ?? $access_key,
        'Timestamp' => $timestamp,
        'Signature' => base64_encode(hash_hmac('sha1', $text, $fields['@secret_key'] ?? $secret_key, true)),
    ];
    $omitted = array_flip(explode(',', $fields['@omit'] ?? ''));
    $own = array_filter($fields, fn ($name) => $name[0] !== '@', ARRAY_FILTER_USE_KEY);
    return [...$own, ...array_diff_key($signed, $omitted)];
}

/** Makes a tree of the dotted paths: `a.0.b` is b of the first of the a's. */
function tree(array $fields): array
{
    $root = [];
    foreach ($fields as $path => $text) {
        $place = &$root;
        foreach (explode('.', $path) as $name) {
            $place = &$place[$name];
        }
        $place = $text;
        unset($place);
    }
    return $root;
}

/** Makes of a tree what SoapClient takes: a list inside its wrapper, a Grantee with its xsi:type. */
function argument(array $node): array
{
    $made = [];
    foreach ($node as $name => $value) {
        if ($name === 'Data') {
            $value = iconv('UTF-8', 'ISO-8859-1', $value);
        } elseif (isset(LISTS[$name])) {
            $value = [LISTS[$name] => is_array($value) ? argument($value) : []];
        } elseif ($name === 'Grantee') {
            $kind = $value['type'];
            unset($value['type']);
            $value = new SoapVar($value, SOAP_ENC_OBJECT, $kind, CONTRACT);
        } elseif ($value === 'true' || $value === 'false') {
            $value = $value === 'true';
        } elseif (is_array($value)) {
            $value = argument($value);
        } elseif ($name === 'BucketLoggingStatus') {
            $value = []; // logging is to be off
        }
        $made[$name] = $value;
    }
    return $made;
}

/** Lists the fields of what came, by path. */
function flat(mixed $value, string $path, ?string $name = null): array
{
    if ($value === null) {
        return [];
    }
    if ($name !== null && isset(LISTS[$name])) {
        $value = $value->{LISTS[$name]} ?? [];
        $name = LISTS[$name];
    }
    if (in_array($name, REPEATED, true) && is_object($value)) {
        $value = [$value]; // a list of one comes as that one
    }
    if (is_object($value) || is_array($value)) {
        $all = [];
        foreach (is_object($value) ? get_object_vars($value) : $value as $child => $inner) {
            $all += flat($inner, "$path.$child", (string) $child);
        }
        return $all;
    }
    if (is_bool($value)) {
        $value = $value ? 'true' : 'false';
    } elseif ($name === 'Data') {
        $value = iconv('ISO-8859-1', 'UTF-8', $value);
    }
    return [$path => (string) $value];
}

function line(string $kind, array $fields): string
{
    $words = [$kind];
    foreach ($fields as $path => $text) {
        $words[] = ltrim($path, '.') . '=' . rawurlencode($text);
    }
    return implode("\t", $words) . "\n";
}

while (($line = fgets(STDIN)) !== false) {
    $words = explode("\t", rtrim($line, "\n"));
    $operation = array_shift($words);
    $fields = [];
    foreach ($words as $word) {
        [$path, $text] = explode('=', $word, 2);
        $fields[$path] = rawurldecode($text);
    }
    try {
        $parameters = argument(tree(sign($operation, $fields, $access_key, $secret_key)));
        $result = $client->$operation($parameters);
        $inner = array_values(get_object_vars($result))[0] ?? null;
        echo line('ok', flat($inner, ''));
    } catch (SoapFault $fault) {
        if (in_array($fault->faultcode, ['HTTP', 'WSDL', 'Client'], true)) { // SoapClient's own: nothing came
            echo line('error', ['message' => "$fault->faultcode: $fault->faultstring"]);
            continue;
        }
        $code = explode(':', $fault->faultcode);
        $told = ['code' => end($code), 'message' => $fault->faultstring];
        echo line('fault', [...$told, ...flat($fault->detail ?? null, 'detail')]);
    }
}
