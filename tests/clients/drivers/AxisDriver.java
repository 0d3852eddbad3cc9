/*
 * Apache Axis 1.4 behind the line protocol of tests/clients/foreign.py.
 *
 * The stub and its beans come from WSDL2Java. This program finds the operation by its name, fills
 * the stub's parameters and beans from the fields of a line, and prints what the beans hold then;
 * the names of their fields are those that Axis itself keeps in its type descriptions.
 *
 * Arguments: address, access key, secret key. The trust store is a property of the Java machine.
 */

import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.net.URL;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.text.SimpleDateFormat;
import java.util.Base64;
import java.util.Calendar;
import java.util.Hashtable;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import javax.activation.DataHandler;
import javax.activation.FileDataSource;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.axis.AxisFault;
import org.apache.axis.MessageContext;
import org.apache.axis.attachments.AttachmentPart;
import org.apache.axis.client.Call;
import org.apache.axis.description.FieldDesc;
import org.apache.axis.description.TypeDesc;
import org.apache.axis.transport.http.HTTPConstants;
import org.w3c.dom.Element;
import s3.AmazonS3SoapBindingStub;
import s3.AmazonS3_PortType;
import s3.AmazonS3_ServiceLocator;

public final class AxisDriver {
    private static final TimeZone UTC = TimeZone.getTimeZone("UTC");
    private static final int TIMEOUT = 60_000;
    private static final long AXIS_CHUNK = 1 << 20;

    private final String accessKey;
    private final String secretKey;
    private final AmazonS3SoapBindingStub stub;

    private AxisDriver(String[] arguments) throws Exception {
        stub = (AmazonS3SoapBindingStub) new AmazonS3_ServiceLocator().getAmazonS3(new URL(arguments[0]));
        stub.setTimeout(TIMEOUT);
        accessKey = arguments[1];
        secretKey = arguments[2];
    }

    public static void main(String[] arguments) throws Exception {
        AxisDriver driver = new AxisDriver(arguments);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream out = new PrintStream(System.out, false, "US-ASCII");
        System.setOut(System.err); // Axis and its friends may print; the protocol has its own stream
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            out.print(driver.answer(line) + "\n");
            out.flush();
        }
    }

    private String answer(String line) throws Exception {
        String[] words = line.split("\t");
        Fields fields = new Fields();
        for (int i = 1; i < words.length; i++) {
            int at = words[i].indexOf('=');
            fields.put(words[i].substring(0, at), URLDecoder.decode(words[i].substring(at + 1), "UTF-8"));
        }
        StringBuilder told = new StringBuilder();
        try {
            attach(fields);
            Object result = call(words[0], fields);
            told.append("ok");
            tell(told, "", result);
            tellAttachments(told);
        } catch (InvocationTargetException wrapped) {
            if (!(wrapped.getCause() instanceof AxisFault)) {
                throw wrapped;
            }
            tellFault(told, (AxisFault) wrapped.getCause());
        }
        return told.toString();
    }

    /**
     * Hands a file to the stub, to be sent in one of Axis's two forms.
     *
     * Axis cannot count: its Content-Length misses the Date that today's JavaMail writes before the first
     * boundary, and the heads of all DIME chunks but the first, which it makes of each MiB. So these go in
     * chunks of HTTP, as anybody has to send them who wants them to arrive.
     */
    private void attach(Fields fields) {
        stub.clearAttachments();
        stub._setProperty(MessageContext.HTTP_TRANSPORT_VERSION, HTTPConstants.HEADER_PROTOCOL_V10);
        if (fields.containsKey("@file")) {
            boolean mime = fields.get("@form").equals("mime");
            if (mime || new File(fields.get("@file")).length() > AXIS_CHUNK) {
                Hashtable<String, String> headers = new Hashtable<>();
                headers.put(HTTPConstants.HEADER_TRANSFER_ENCODING, HTTPConstants.HEADER_TRANSFER_ENCODING_CHUNKED);
                stub._setProperty(MessageContext.HTTP_TRANSPORT_VERSION, HTTPConstants.HEADER_PROTOCOL_V11);
                stub._setProperty(HTTPConstants.REQUEST_HEADERS, headers);
            }
            stub._setProperty(
                    Call.ATTACHMENT_ENCAPSULATION_FORMAT,
                    mime ? Call.ATTACHMENT_ENCAPSULATION_FORMAT_MIME : Call.ATTACHMENT_ENCAPSULATION_FORMAT_DIME);
            stub.addAttachment(new DataHandler(new FileDataSource(fields.get("@file"))));
        }
    }

    private void tellAttachments(StringBuilder told) throws Exception {
        Object[] parts = stub.getAttachments();
        for (int i = 0; parts != null && i < parts.length; i++) {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            long size = 0;
            try (InputStream bytes = ((AttachmentPart) parts[i]).getDataHandler().getInputStream()) {
                byte[] buffer = new byte[65536];
                for (int count = bytes.read(buffer); count >= 0; count = bytes.read(buffer)) {
                    md5.update(buffer, 0, count);
                    size += count;
                }
            }
            put(told, ".attachment.size", Long.toString(size));
            put(told, ".attachment.md5", String.format("%032x", new java.math.BigInteger(1, md5.digest())));
        }
    }

    private Object call(String operation, Fields fields) throws Exception {
        sign(operation, fields);
        for (Method method : AmazonS3_PortType.class.getMethods()) {
            if (method.getName().equalsIgnoreCase(operation)) {
                Parameter[] parameters = method.getParameters();
                Object[] values = new Object[parameters.length];
                for (int i = 0; i < values.length; i++) {
                    values[i] = read(parameters[i].getType(), parameters[i].getName(), fields);
                }
                return method.invoke(stub, values);
            }
        }
        throw new IllegalArgumentException(operation);
    }

    /** Adds the security elements; fields that begin with @ say how to get them wrong. */
    private void sign(String operation, Fields fields) throws Exception {
        Calendar now = Calendar.getInstance(UTC);
        now.add(Calendar.SECOND, Integer.parseInt(fields.getOrDefault("@clock", "0")));
        String secret = fields.getOrDefault("@secret_key", secretKey);
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
        String text = "AmazonS3" + operation + format(now);
        byte[] digest = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        fields.put("AWSAccessKeyId", fields.getOrDefault("@access_key", accessKey));
        fields.put("Timestamp", format(now));
        fields.put("Signature", Base64.getEncoder().encodeToString(digest));
        for (String name : fields.getOrDefault("@omit", "").split(",")) {
            fields.remove(name);
        }
    }

    private static String format(Calendar moment) {
        SimpleDateFormat format = new SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");
        format.setTimeZone(UTC);
        return format.format(moment.getTime());
    }

    private static Object read(Class<?> type, String path, Fields fields) throws Exception {
        if (type.isArray() && type != byte[].class) {
            int count = 0;
            while (fields.has(path + "." + count)) {
                count++;
            }
            if (count == 0 && !fields.has(path)) {
                return null;
            }
            Object array = Array.newInstance(type.getComponentType(), count);
            for (int i = 0; i < count; i++) {
                Array.set(array, i, read(type.getComponentType(), path + "." + i, fields));
            }
            return array;
        }
        if (!fields.has(path)) {
            return type == boolean.class ? Boolean.FALSE : type == long.class ? (Object) 0L : null;
        }
        String text = fields.get(path);
        if (type == String.class) {
            return text;
        } else if (type == byte[].class) {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        } else if (type == boolean.class || type == Boolean.class) {
            return Boolean.valueOf(text);
        } else if (type == long.class || type == Long.class) {
            return Long.valueOf(text);
        } else if (type == int.class || type == Integer.class) {
            return Integer.valueOf(text);
        } else if (type == Calendar.class) {
            SimpleDateFormat format = new SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");
            format.setTimeZone(UTC);
            Calendar moment = Calendar.getInstance(UTC);
            moment.setTime(format.parse(text));
            return moment;
        } else if (isEnumeration(type)) {
            return type.getMethod("fromString", String.class).invoke(null, text);
        }
        return readBean(type, path, fields);
    }

    private static Object readBean(Class<?> declared, String path, Fields fields) throws Exception {
        String kind = fields.get(path + ".type"); // a Grantee's: its class is told by xsi:type
        Class<?> type = kind == null ? declared : Class.forName("s3." + kind);
        Object bean = type.getConstructor().newInstance();
        for (PropertyDescriptor property : Introspector.getBeanInfo(type).getPropertyDescriptors()) {
            FieldDesc field = field(type, property.getName());
            if (field != null) {
                Object value = read(property.getPropertyType(), path + "." + field.getXmlName().getLocalPart(), fields);
                property.getWriteMethod().invoke(bean, value);
            }
        }
        return bean;
    }

    private static boolean isEnumeration(Class<?> type) {
        try {
            return Modifier.isStatic(type.getMethod("fromString", String.class).getModifiers());
        } catch (NoSuchMethodException problem) {
            return false;
        }
    }

    private static FieldDesc field(Class<?> type, String name) {
        TypeDesc description = TypeDesc.getTypeDescForClass(type);
        return description == null ? null : description.getFieldByName(name);
    }

    private static void tell(StringBuilder told, String path, Object value) throws Exception {
        if (value == null) {
            return;
        } else if (value.getClass().isArray() && !(value instanceof byte[])) {
            for (int i = 0; i < Array.getLength(value); i++) {
                tell(told, path + "." + i, Array.get(value, i));
            }
        } else if (value instanceof byte[]) {
            put(told, path, new String((byte[]) value, StandardCharsets.ISO_8859_1));
        } else if (value instanceof Calendar) {
            put(told, path, format((Calendar) value));
        } else if (value.getClass().getName().startsWith("java.lang.") || isEnumeration(value.getClass())) {
            put(told, path, value.toString());
        } else {
            if (path.endsWith(".Grantee")) {
                put(told, path + ".type", value.getClass().getSimpleName());
            }
            for (PropertyDescriptor property : Introspector.getBeanInfo(value.getClass()).getPropertyDescriptors()) {
                FieldDesc field = field(value.getClass(), property.getName());
                if (field != null) {
                    tell(told, path + "." + field.getXmlName().getLocalPart(), property.getReadMethod().invoke(value));
                }
            }
        }
    }

    private static void tellFault(StringBuilder told, AxisFault fault) throws Exception {
        if (fault.detail != null) { // not from the server: Axis wraps what went wrong on the way
            told.append("error");
            put(told, ".message", fault.detail.toString());
            return;
        }
        told.append("fault");
        put(told, ".namespace", fault.getFaultCode().getNamespaceURI());
        put(told, ".code", fault.getFaultCode().getLocalPart());
        put(told, ".message", fault.getFaultString());
        for (Element child : fault.getFaultDetails()) {
            if (child.getNamespaceURI() == null) { // Axis adds a stack trace of its own, in its namespace
                put(told, ".detail." + child.getLocalName(), child.getTextContent());
            }
        }
    }

    private static void put(StringBuilder told, String path, String text) throws Exception {
        told.append('\t').append(path.substring(1)).append('=').append(URLEncoder.encode(text, "UTF-8").replace("+", "%20"));
    }

    /** The fields of a line by path; parameters of the stub begin with a small letter, so names are found in any case. */
    private static final class Fields extends TreeMap<String, String> {
        Fields() {
            super(String.CASE_INSENSITIVE_ORDER);
        }

        boolean has(String path) {
            if (containsKey(path)) {
                return true;
            }
            Map.Entry<String, String> next = ceilingEntry(path + ".");
            return next != null && next.getKey().toLowerCase().startsWith(path.toLowerCase() + ".");
        }
    }
}
