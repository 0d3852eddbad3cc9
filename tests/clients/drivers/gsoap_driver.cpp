/*
 * gSOAP behind the line protocol of tests/clients/foreign.py.
 *
 * The classes and the proxy come from wsdl2h and soapcpp2. Here stand, for each operation, the
 * fields of its request and the child of its answer; `in` and `out` know each C++ type.
 *
 * Arguments: address, access key, secret key, file of the trusted CA.
 */

#include "AmazonS3SoapBinding.nsmap"
#include "soapAmazonS3SoapBindingProxy.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <sys/stat.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

typedef std::map<std::string, std::string> Fields;

static AmazonS3SoapBindingProxy *proxy;
static std::string access_key, secret_key;

static bool has(const Fields &fields, const std::string &path) {
    if (fields.count(path))
        return true;
    Fields::const_iterator next = fields.lower_bound(path + ".");
    return next != fields.end() && next->first.compare(0, path.size() + 1, path + ".") == 0;
}

static std::string text(const Fields &fields, const std::string &path, const std::string &other = "") {
    Fields::const_iterator found = fields.find(path);
    return found == fields.end() ? other : found->second;
}

static std::string latin_of(const std::string &utf8) { // every character of ours is one byte of the object
    std::string bytes;
    for (size_t i = 0; i < utf8.size(); i++)
        if ((unsigned char)utf8[i] >= 0xC0) {
            bytes += (char)(((utf8[i] & 0x03) << 6) | (utf8[i + 1] & 0x3F));
            i++;
        } else {
            bytes += utf8[i];
        }
    return bytes;
}

static std::string utf8_of(const unsigned char *bytes, int size) {
    std::string utf8;
    for (int i = 0; i < size; i++)
        if (bytes[i] < 0x80) {
            utf8 += (char)bytes[i];
        } else {
            utf8 += (char)(0xC0 | (bytes[i] >> 6));
            utf8 += (char)(0x80 | (bytes[i] & 0x3F));
        }
    return utf8;
}

static std::string moment(time_t when, const char *format) {
    char written[40];
    strftime(written, sizeof written, format, gmtime(&when));
    return written;
}

/* From the fields of a line into the request */

static std::vector<std::shared_ptr<void> > made; // what the request under way points to

template <class T> static T *make() {
    std::shared_ptr<T> value(new T());
    made.push_back(value);
    return value.get();
}

static void in(const Fields &fields, const std::string &path, std::string &value) { value = text(fields, path); }

static void in(const Fields &fields, const std::string &path, bool &value) { value = text(fields, path) == "true"; }

static void in(const Fields &fields, const std::string &path, int &value) { value = std::stoi(text(fields, path)); }

static void in(const Fields &fields, const std::string &path, LONG64 &value) { // a time_t is one, too
    struct tm parts;
    memset(&parts, 0, sizeof parts);
    if (strptime(text(fields, path).c_str(), "%Y-%m-%dT%H:%M:%S", &parts))
        value = timegm(&parts);
    else
        value = std::stoll(text(fields, path));
}

static void in(const Fields &fields, const std::string &path, s3__Permission &value) {
    soap_s2s3__Permission(proxy->soap, text(fields, path).c_str(), &value);
}

static void in(const Fields &fields, const std::string &path, s3__StorageClass &value) {
    soap_s2s3__StorageClass(proxy->soap, text(fields, path).c_str(), &value);
}

static void in(const Fields &fields, const std::string &path, s3__MetadataDirective &value) {
    soap_s2s3__MetadataDirective(proxy->soap, text(fields, path).c_str(), &value);
}

static void in(const Fields &fields, const std::string &path, xsd__base64Binary &value) {
    std::string bytes = latin_of(text(fields, path));
    value.__size = (int)bytes.size();
    value.__ptr = (unsigned char *)soap_malloc(proxy->soap, bytes.size() + 1);
    memcpy(value.__ptr, bytes.data(), bytes.size());
}

static void in(const Fields &fields, const std::string &path, s3__MetadataEntry &value) {
    in(fields, path + ".Name", value.Name);
    in(fields, path + ".Value", value.Value);
}

template <class T> static void in(const Fields &fields, const std::string &path, T *&value);

template <class T> static void in(const Fields &fields, const std::string &path, std::vector<T> &values) {
    for (int i = 0; has(fields, path + "." + std::to_string(i)); i++) {
        T value = T();
        in(fields, path + "." + std::to_string(i), value);
        values.push_back(value);
    }
}

static void in(const Fields &fields, const std::string &path, s3__Grantee *&value) {
    std::string kind = text(fields, path + ".type");
    if (kind == "Group") {
        s3__Group *group = make<s3__Group>();
        in(fields, path + ".URI", group->URI);
        value = group;
    } else if (kind == "AmazonCustomerByEmail") {
        s3__AmazonCustomerByEmail *customer = make<s3__AmazonCustomerByEmail>();
        in(fields, path + ".EmailAddress", customer->EmailAddress);
        value = customer;
    } else {
        s3__CanonicalUser *user = make<s3__CanonicalUser>();
        in(fields, path + ".ID", user->ID);
        in(fields, path + ".DisplayName", user->DisplayName);
        value = user;
    }
}

static void in(const Fields &fields, const std::string &path, s3__Grant &value) {
    in(fields, path + ".Grantee", value.Grantee);
    in(fields, path + ".Permission", value.Permission);
}

static void in(const Fields &fields, const std::string &path, s3__AccessControlList &value) {
    in(fields, path, value.Grant);
}

static void in(const Fields &fields, const std::string &path, s3__LoggingSettings &value) {
    in(fields, path + ".TargetBucket", value.TargetBucket);
    in(fields, path + ".TargetPrefix", value.TargetPrefix);
    in(fields, path + ".TargetGrants", value.TargetGrants);
}

static void in(const Fields &fields, const std::string &path, s3__BucketLoggingStatus &value) {
    in(fields, path + ".LoggingEnabled", value.LoggingEnabled);
}

template <class T> static void in(const Fields &fields, const std::string &path, T *&value) { // an optional one
    if (has(fields, path)) {
        value = make<T>();
        in(fields, path, *value);
    }
}

/* From the answer into a line */

struct Told {
    std::string line;

    void put(const std::string &path, const std::string &value) {
        static const char digits[] = "0123456789ABCDEF";
        line += "\t" + (path[0] == '.' ? path.substr(1) : path) + "=";
        for (size_t i = 0; i < value.size(); i++) {
            unsigned char octet = (unsigned char)value[i];
            if (octet > 32 && octet < 127 && octet != '%')
                line += (char)octet;
            else
                line = line + "%" + digits[octet >> 4] + digits[octet & 15];
        }
    }

    void out(const std::string &path, const std::string &value) { put(path, value); }

    void out(const std::string &path, bool value) { put(path, value ? "true" : "false"); }

    void out(const std::string &path, int value) { put(path, std::to_string(value)); }

    void out(const std::string &path, LONG64 value) { put(path, std::to_string(value)); }

    void out_moment(const std::string &path, time_t value) { put(path, moment(value, "%Y-%m-%dT%H:%M:%S.000Z")); }

    void out(const std::string &path, const xsd__base64Binary &value) { put(path, utf8_of(value.__ptr, value.__size)); }

    void out(const std::string &path, const s3__Status &value) {
        out(path + ".Code", value.Code);
        out(path + ".Description", value.Description);
    }

    void out(const std::string &path, const s3__MetadataEntry &value) {
        out(path + ".Name", value.Name);
        out(path + ".Value", value.Value);
    }

    void out(const std::string &path, const s3__CanonicalUser &value) {
        out(path + ".ID", value.ID);
        out(path + ".DisplayName", value.DisplayName);
    }

    void out(const std::string &path, const s3__Grant &value) {
        std::string grantee = path + ".Grantee";
        if (s3__Group *group = dynamic_cast<s3__Group *>(value.Grantee)) {
            put(grantee + ".type", "Group");
            out(grantee + ".URI", group->URI);
        } else if (s3__AmazonCustomerByEmail *customer = dynamic_cast<s3__AmazonCustomerByEmail *>(value.Grantee)) {
            put(grantee + ".type", "AmazonCustomerByEmail");
            out(grantee + ".EmailAddress", customer->EmailAddress);
        } else if (s3__CanonicalUser *user = dynamic_cast<s3__CanonicalUser *>(value.Grantee)) {
            put(grantee + ".type", "CanonicalUser");
            out(grantee, *user);
        }
        put(path + ".Permission", soap_s3__Permission2s(proxy->soap, value.Permission));
    }

    void out(const std::string &path, const s3__AccessControlList &value) { out(path, value.Grant); }

    void out(const std::string &path, const s3__AccessControlPolicy &value) {
        out(path + ".Owner", value.Owner);
        out(path + ".AccessControlList", value.AccessControlList);
    }

    void out(const std::string &path, const s3__CreateBucketResult &value) { out(path + ".BucketName", value.BucketName); }

    void out(const std::string &path, const s3__LoggingSettings &value) {
        out(path + ".TargetBucket", value.TargetBucket);
        out(path + ".TargetPrefix", value.TargetPrefix);
        out(path + ".TargetGrants", value.TargetGrants);
    }

    void out(const std::string &path, const s3__BucketLoggingStatus &value) {
        out(path + ".LoggingEnabled", value.LoggingEnabled);
    }

    void out(const std::string &path, const s3__ListAllMyBucketsEntry &value) {
        out(path + ".Name", value.Name);
        out_moment(path + ".CreationDate", value.CreationDate);
    }

    void out(const std::string &path, const s3__ListAllMyBucketsResult &value) {
        out(path + ".Owner", value.Owner);
        out(path + ".Buckets", value.Buckets->Bucket);
    }

    void out(const std::string &path, const s3__PrefixEntry &value) { out(path + ".Prefix", value.Prefix); }

    void out(const std::string &path, const s3__ListEntry &value) {
        out(path + ".Key", value.Key);
        out_moment(path + ".LastModified", value.LastModified);
        out(path + ".ETag", value.ETag);
        out(path + ".Size", value.Size);
        out(path + ".Owner", value.Owner);
        put(path + ".StorageClass", soap_s3__StorageClass2s(proxy->soap, value.StorageClass));
    }

    void out(const std::string &path, const s3__ListBucketResult &value) {
        out(path + ".Metadata", value.Metadata);
        out(path + ".Name", value.Name);
        out(path + ".Prefix", value.Prefix);
        out(path + ".Marker", value.Marker);
        out(path + ".NextMarker", value.NextMarker);
        out(path + ".MaxKeys", value.MaxKeys);
        out(path + ".Delimiter", value.Delimiter);
        out(path + ".IsTruncated", value.IsTruncated);
        out(path + ".Contents", value.Contents);
        out(path + ".CommonPrefixes", value.CommonPrefixes);
    }

    void out(const std::string &path, const s3__GetObjectResult &value) {
        out(path + ".Status", value.Status);
        out(path + ".Metadata", value.Metadata);
        out(path + ".Data", value.Data);
        out_moment(path + ".LastModified", value.LastModified);
        out(path + ".ETag", value.ETag);
    }

    void out(const std::string &path, const s3__PutObjectResult &value) {
        out(path + ".ETag", value.ETag);
        out_moment(path + ".LastModified", value.LastModified);
    }

    void out(const std::string &path, const s3__CopyObjectResult &value) {
        out_moment(path + ".LastModified", value.LastModified);
        out(path + ".ETag", value.ETag);
    }

    template <class T> void out(const std::string &path, T *value) {
        if (value)
            out(path, *value);
    }

    template <class T> void out(const std::string &path, const std::vector<T> &values) {
        for (size_t i = 0; i < values.size(); i++)
            out(path + "." + std::to_string(i), values[i]);
    }
};

/* Attachments: a file in DIME, in one of gSOAP's three ways, and what came back as size and MD5 */

static FILE *sent_file;
static std::string sent_bytes;

struct Received {
    EVP_MD_CTX *md5;
    size_t size;

    Received() : md5(EVP_MD_CTX_new()), size(0) { EVP_DigestInit_ex(md5, EVP_md5(), NULL); }

    ~Received() { EVP_MD_CTX_free(md5); }

    void take(const char *bytes, size_t count) {
        EVP_DigestUpdate(md5, bytes, count);
        size += count;
    }

    void tell(Told &told, const std::string &path) {
        unsigned char digest[16];
        char written[33];
        EVP_DigestFinal_ex(md5, digest, NULL);
        for (int i = 0; i < 16; i++)
            snprintf(written + 2 * i, 3, "%02x", digest[i]);
        told.put(path + ".size", std::to_string(size));
        told.put(path + ".md5", written);
    }
};

static std::vector<std::shared_ptr<Received> > streamed;

static void *read_open(struct soap *, void *handle, const char *, const char *, const char *) { return handle; }

static size_t read_some(struct soap *, void *handle, char *buffer, size_t size) {
    return fread(buffer, 1, size, (FILE *)handle);
}

static void read_close(struct soap *, void *) {}

static void *write_open(struct soap *, const char *, const char *, const char *) {
    streamed.push_back(std::make_shared<Received>());
    return streamed.back().get();
}

static int write_some(struct soap *, void *handle, const char *buffer, size_t size) {
    ((Received *)handle)->take(buffer, size);
    return SOAP_OK;
}

static void write_close(struct soap *, void *) {}

static void attach(const Fields &fields) {
    struct soap *soap = proxy->soap;
    std::string form = text(fields, "@form", "buffered"), path = text(fields, "@file");
    bool streams = form != "buffered";
    soap_clr_omode(soap, SOAP_IO_CHUNK);
    soap->fdimereadopen = streams ? read_open : NULL;
    soap->fdimeread = read_some;
    soap->fdimereadclose = read_close;
    soap->fdimewriteopen = streams ? write_open : NULL;
    soap->fdimewrite = write_some;
    soap->fdimewriteclose = write_close;
    if (path.empty())
        return;
    sent_file = fopen(path.c_str(), "rb");
    struct stat about;
    fstat(fileno(sent_file), &about);
    size_t size = (size_t)about.st_size;
    const char *source = (const char *)sent_file;
    if (form == "buffered") {
        sent_bytes.resize(size);
        fread(&sent_bytes[0], 1, size, sent_file);
        source = sent_bytes.data();
    } else if (form == "chunked") { // no size: as many DIME records as it takes, in HTTP chunks
        soap_set_omode(soap, SOAP_IO_CHUNK);
        size = 0;
    }
    soap_set_dime(soap);
    soap_set_dime_attachment(soap, source, size, "application/octet-stream", "uuid:data", 0, NULL);
}

static void detach(Told &told) {
    for (struct soap_multipart *part = proxy->soap->dime.list; part && streamed.empty(); part = part->next) {
        Received whole;
        whole.take(part->ptr, part->size);
        whole.tell(told, "attachment");
    }
    for (size_t i = 0; i < streamed.size(); i++)
        streamed[i]->tell(told, "attachment");
    streamed.clear();
    sent_bytes.clear();
    if (sent_file)
        fclose(sent_file);
    sent_file = NULL;
    soap_clr_dime(proxy->soap);
}

/* The operations */

#define IN(name) in(fields, #name, request.name);
#define SECURITY IN(AWSAccessKeyId) IN(Timestamp) IN(Signature)
#define CALL(operation, tell, ...)                                                                                     \
    {#operation, [](const Fields &fields, Told &told) {                                                                \
         _s3__##operation request;                                                                                     \
         _s3__##operation##Response response;                                                                          \
         SECURITY __VA_ARGS__;                                                                                         \
         if (proxy->operation(&request, response) != SOAP_OK)                                                          \
             return false;                                                                                             \
         tell;                                                                                                         \
         return true;                                                                                                  \
     }}
#define ANSWERS(operation, answer, ...) CALL(operation, told.out("", response.answer), __VA_ARGS__)
#define SILENT(operation, ...) CALL(operation, (void)told, __VA_ARGS__)

static const std::map<std::string, std::function<bool(const Fields &, Told &)> > operations = {
    ANSWERS(ListAllMyBuckets, ListAllMyBucketsResponse),
    ANSWERS(CreateBucket, CreateBucketReturn, IN(Bucket) IN(AccessControlList)),
    ANSWERS(DeleteBucket, DeleteBucketResponse, IN(Bucket)),
    ANSWERS(ListBucket, ListBucketResponse, IN(Bucket) IN(Prefix) IN(Marker) IN(MaxKeys) IN(Delimiter)),
    ANSWERS(GetBucketAccessControlPolicy, GetBucketAccessControlPolicyResponse, IN(Bucket)),
    ANSWERS(GetObjectAccessControlPolicy, GetObjectAccessControlPolicyResponse, IN(Bucket) IN(Key)),
    SILENT(SetBucketAccessControlPolicy, IN(Bucket) IN(AccessControlList)),
    SILENT(SetObjectAccessControlPolicy, IN(Bucket) IN(Key) IN(AccessControlList)),
    ANSWERS(GetBucketLoggingStatus, GetBucketLoggingStatusResponse, IN(Bucket)),
    SILENT(SetBucketLoggingStatus, IN(Bucket) IN(BucketLoggingStatus)),
    ANSWERS(PutObject, PutObjectResponse,
            IN(Bucket) IN(Key) IN(Metadata) IN(ContentLength) IN(AccessControlList) IN(StorageClass)),
    ANSWERS(PutObjectInline, PutObjectInlineResponse,
            IN(Bucket) IN(Key) IN(Metadata) IN(Data) IN(ContentLength) IN(AccessControlList) IN(StorageClass)),
    ANSWERS(GetObject, GetObjectResponse, IN(Bucket) IN(Key) IN(GetMetadata) IN(GetData) IN(InlineData)),
    ANSWERS(GetObjectExtended, GetObjectResponse,
            IN(Bucket) IN(Key) IN(GetMetadata) IN(GetData) IN(InlineData) IN(ByteRangeStart) IN(ByteRangeEnd)
                IN(IfModifiedSince) IN(IfUnmodifiedSince) IN(IfMatch) IN(IfNoneMatch)
                    IN(ReturnCompleteObjectOnConditionFailure)),
    ANSWERS(DeleteObject, DeleteObjectResponse, IN(Bucket) IN(Key) IN(Credential)),
    ANSWERS(CopyObject, CopyObjectResult,
            IN(SourceBucket) IN(SourceKey) IN(DestinationBucket) IN(DestinationKey) IN(MetadataDirective) IN(Metadata)
                IN(AccessControlList) IN(CopySourceIfModifiedSince) IN(CopySourceIfUnmodifiedSince)
                    IN(CopySourceIfMatch) IN(CopySourceIfNoneMatch) IN(StorageClass)),
};

/* Adds the security elements; fields that begin with @ say how to get them wrong. */
static void sign(const std::string &operation, Fields &fields) {
    time_t now = time(NULL) + std::stol(text(fields, "@clock", "0"));
    std::string signed_text = "AmazonS3" + operation + moment(now, "%Y-%m-%dT%H:%M:%S.000Z");
    std::string key = text(fields, "@secret_key", secret_key);
    unsigned char digest[20], encoded[32];
    HMAC(EVP_sha1(), key.data(), (int)key.size(), (const unsigned char *)signed_text.data(), signed_text.size(), digest,
         NULL);
    EVP_EncodeBlock(encoded, digest, sizeof digest);
    fields["AWSAccessKeyId"] = text(fields, "@access_key", access_key);
    fields["Timestamp"] = moment(now, "%Y-%m-%dT%H:%M:%S.000Z");
    fields["Signature"] = (const char *)encoded;
    std::istringstream omitted(text(fields, "@omit"));
    for (std::string name; std::getline(omitted, name, ',');)
        fields.erase(name);
}

static std::string unescape(const std::string &escaped) {
    std::string plain;
    for (size_t i = 0; i < escaped.size(); i++)
        if (escaped[i] == '%') {
            plain += (char)std::stoi(escaped.substr(i + 1, 2), NULL, 16);
            i += 2;
        } else {
            plain += escaped[i];
        }
    return plain;
}

static std::string answer(const std::string &line) {
    std::istringstream words(line);
    std::string operation, word;
    std::getline(words, operation, '\t');
    Fields fields;
    while (std::getline(words, word, '\t')) {
        size_t at = word.find('=');
        fields[word.substr(0, at)] = unescape(word.substr(at + 1));
    }
    sign(operation, fields);
    attach(fields);
    Told told;
    bool done = operations.at(operation)(fields, told);
    detach(told);
    if (done) {
        told.line = "ok" + told.line;
    } else if (proxy->soap->error == SOAP_FAULT || proxy->soap->error == SOAP_CLI_FAULT ||
               proxy->soap->error == SOAP_SVR_FAULT) {
        std::string code = *soap_faultcode(proxy->soap);
        told.put("code", code.substr(code.rfind(':') + 1));
        told.put("message", proxy->soap_fault_string());
        if (const char *detail = proxy->soap_fault_detail())
            told.put("detail_xml", detail);
        told.line = "fault" + told.line;
    } else {
        char reason[2000] = "";
        soap_sprint_fault(proxy->soap, reason, sizeof reason);
        told.put("message", std::to_string(proxy->soap->error) + ": " + reason);
        told.line = "error" + told.line;
    }
    proxy->destroy();
    made.clear();
    return told.line;
}

int main(int, char **arguments) {
    soap_ssl_init();
    proxy = new AmazonS3SoapBindingProxy(arguments[1], SOAP_C_UTFSTRING);
    access_key = arguments[2];
    secret_key = arguments[3];
    proxy->soap->connect_timeout = proxy->soap->send_timeout = proxy->soap->recv_timeout = 60;
    if (soap_ssl_client_context(proxy->soap, SOAP_SSL_DEFAULT, NULL, NULL, arguments[4], NULL, NULL)) {
        soap_print_fault(proxy->soap, stderr);
        return 1;
    }
    for (std::string line; std::getline(std::cin, line);)
        std::cout << answer(line) << std::endl;
    return 0;
}
