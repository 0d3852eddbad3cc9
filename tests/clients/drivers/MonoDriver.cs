/*
 * The .NET stack, as Mono has it, behind the line protocol of tests/clients/foreign.py.
 *
 * The proxy class comes from `wsdl`. This program finds the operation by its name, fills the
 * proxy's parameters and classes from the fields of a line, and prints what the classes hold then.
 *
 * Arguments: address, access key, secret key. Trust comes from the user's certificate store.
 */

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Web.Services.Protocols;
using System.Xml;

public static class MonoDriver {
    const string Moment = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    static readonly Encoding Latin = Encoding.GetEncoding("ISO-8859-1");
    static string accessKey, secretKey;
    static S3.AmazonS3 proxy;

    public static void Main(string[] arguments) {
        accessKey = arguments[1];
        secretKey = arguments[2];
        proxy = new S3.AmazonS3 { Url = arguments[0], Timeout = 60000 };
        var lines = new StreamReader(Console.OpenStandardInput(), Encoding.ASCII);
        var told = new StreamWriter(Console.OpenStandardOutput(), Encoding.ASCII) { AutoFlush = true, NewLine = "\n" };
        for (var line = lines.ReadLine(); line != null; line = lines.ReadLine())
            told.WriteLine(Answer(line));
    }

    static string Answer(string line) {
        var words = line.Split('\t');
        var fields = new Dictionary<string, string>();
        foreach (var word in words.Skip(1)) {
            var at = word.IndexOf('=');
            fields[word.Substring(0, at)] = Unescape(word.Substring(at + 1));
        }
        var told = new StringBuilder();
        try {
            var result = Call(words[0], fields);
            told.Append("ok");
            Tell(told, "", result);
        } catch (TargetInvocationException wrapped) {
            told.Clear();
            var fault = wrapped.InnerException as SoapException;
            if (fault == null) {
                told.Append("error");
                Put(told, ".message", wrapped.InnerException.ToString());
            } else {
                TellFault(told, fault);
            }
        }
        return told.ToString();
    }

    static object Call(string operation, Dictionary<string, string> fields) {
        Sign(operation, fields);
        var method = typeof(S3.AmazonS3).GetMethod(operation);
        var values = method.GetParameters().Select(parameter => Read(parameter.ParameterType, parameter.Name, fields));
        return method.Invoke(proxy, values.ToArray());
    }

    // Adds the security elements; fields that begin with @ say how to get them wrong.
    static void Sign(string operation, Dictionary<string, string> fields) {
        Func<string, string, string> get = (name, other) => fields.ContainsKey(name) ? fields[name] : other;
        var now = DateTime.UtcNow.AddSeconds(int.Parse(get("@clock", "0"))).ToString(Moment, CultureInfo.InvariantCulture);
        using (var hmac = new HMACSHA1(Encoding.UTF8.GetBytes(get("@secret_key", secretKey)))) {
            var digest = hmac.ComputeHash(Encoding.UTF8.GetBytes("AmazonS3" + operation + now));
            fields["Signature"] = Convert.ToBase64String(digest);
        }
        fields["AWSAccessKeyId"] = get("@access_key", accessKey);
        fields["Timestamp"] = now;
        foreach (var name in get("@omit", "").Split(','))
            fields.Remove(name);
    }

    static bool Has(Dictionary<string, string> fields, string path) {
        return fields.ContainsKey(path) || fields.Keys.Any(name => name.StartsWith(path + ".", StringComparison.Ordinal));
    }

    static object Read(Type type, string path, Dictionary<string, string> fields) {
        const string specified = "Specified"; // .NET's flag beside an optional value
        if (type == typeof(bool) && path.EndsWith(specified, StringComparison.Ordinal))
            return Has(fields, path.Substring(0, path.Length - specified.Length));
        if (type.IsArray && type != typeof(byte[])) {
            var count = 0;
            while (Has(fields, path + "." + count))
                count++;
            if (count == 0 && !Has(fields, path))
                return null;
            var array = Array.CreateInstance(type.GetElementType(), count);
            for (var i = 0; i < count; i++)
                array.SetValue(Read(type.GetElementType(), path + "." + i, fields), i);
            return array;
        }
        if (!Has(fields, path))
            return type.IsValueType ? Activator.CreateInstance(type) : null;
        if (type.IsClass && type != typeof(string) && type != typeof(byte[]))
            return ReadClass(type, path, fields);
        var text = fields[path];
        if (type == typeof(byte[]))
            return Latin.GetBytes(text);
        if (type == typeof(DateTime))
            return DateTime.ParseExact(text, Moment, CultureInfo.InvariantCulture,
                                       DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
        return type.IsEnum ? Enum.Parse(type, text) : Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
    }

    static object ReadClass(Type declared, string path, Dictionary<string, string> fields) {
        string kind; // a Grantee's: its class is told by xsi:type
        var type = fields.TryGetValue(path + ".type", out kind) ? declared.Assembly.GetType("S3." + kind) : declared;
        var value = Activator.CreateInstance(type);
        foreach (var property in type.GetProperties())
            property.SetValue(value, Read(property.PropertyType, path + "." + property.Name, fields));
        return value;
    }

    static void Tell(StringBuilder told, string path, object value) {
        if (value == null)
            return;
        if (value is byte[]) {
            Put(told, path, Latin.GetString((byte[]) value));
        } else if (value is IEnumerable && !(value is string)) {
            var i = 0;
            foreach (var entry in (IEnumerable) value)
                Tell(told, path + "." + i++, entry);
        } else if (value is DateTime) {
            Put(told, path, ((DateTime) value).ToUniversalTime().ToString(Moment, CultureInfo.InvariantCulture));
        } else if (value is bool) {
            Put(told, path, (bool) value ? "true" : "false");
        } else if (value is string || value.GetType().IsValueType) {
            Put(told, path, Convert.ToString(value, CultureInfo.InvariantCulture));
        } else {
            if (path.EndsWith(".Grantee", StringComparison.Ordinal))
                Put(told, path + ".type", value.GetType().Name);
            foreach (var property in value.GetType().GetProperties())
                Tell(told, path + "." + property.Name, property.GetValue(value));
        }
    }

    static void TellFault(StringBuilder told, SoapException fault) {
        told.Append("fault");
        Put(told, ".namespace", fault.Code.Namespace);
        Put(told, ".code", fault.Code.Name);
        Put(told, ".message", fault.Message);
        if (fault.Detail != null)
            foreach (XmlNode child in fault.Detail.ChildNodes)
                Put(told, ".detail." + child.LocalName, child.InnerText);
    }

    static void Put(StringBuilder told, string path, string text) {
        told.Append('\t').Append(path.Substring(1)).Append('=');
        foreach (var octet in Encoding.UTF8.GetBytes(text))
            if (octet > 32 && octet < 127 && octet != '%')
                told.Append((char) octet);
            else
                told.Append('%').Append(octet.ToString("X2"));
    }

    static string Unescape(string text) {
        var octets = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '%') {
                octets.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            } else {
                octets.Add((byte) text[i]);
            }
        return Encoding.UTF8.GetString(octets.ToArray());
    }
}
