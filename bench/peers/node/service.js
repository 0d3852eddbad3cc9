// S3's SOAP interface by node's soap and the AWS SDK v3: a service that a user of node would write.
//
// The package soap reads the message by Amazon's WSDL and writes the answer, the SDK asks the store. The
// signature is checked as Amazon did; a store's error becomes a fault. Keep-alive connections, no retries.
//
// Run: node service.js PORT STORE WSDL
"use strict";

const { createHmac, timingSafeEqual } = require("node:crypto");
const { createServer, Agent } = require("node:http");
const { GetObjectCommand, S3Client } = require("@aws-sdk/client-s3");
const { NodeHttpHandler } = require("@smithy/node-http-handler");
const soap = require("soap");

const USERS = { BENCHKEY: "bench-secret" };
const SKEW = 15 * 60 * 1000;

const [port, store, wsdl] = process.argv.slice(2);

const client = new S3Client({
  endpoint: store,
  region: "us-east-1",
  forcePathStyle: true,
  maxAttempts: 1,
  credentials: { accessKeyId: "BENCHKEY", secretAccessKey: USERS.BENCHKEY },
  requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ keepAlive: true, maxSockets: 64 }) }),
});

function fault(code, message) {
  return {
    Fault: { faultcode: `soap:Client.${code}`, faultstring: message, statusCode: 500 },
  };
}

function check(operation, call) {
  const secret = USERS[call.AWSAccessKeyId];
  if (secret === undefined) {
    throw fault("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist.");
  }
  const moment = new Date(call.Timestamp);
  if (!(Math.abs(Date.now() - moment) <= SKEW)) {
    throw fault("RequestTimeTooSkewed", "The difference of the times is too large.");
  }
  const made = createHmac("sha1", secret).update(`AmazonS3${operation}${moment.toISOString()}`).digest();
  const given = Buffer.from(String(call.Signature), "base64");
  if (given.length !== made.length || !timingSafeEqual(given, made)) {
    throw fault("SignatureDoesNotMatch", "The signature does not match.");
  }
}

async function getObject(call) {
  check("GetObject", call);
  let found;
  try {
    found = await client.send(new GetObjectCommand({ Bucket: call.Bucket, Key: call.Key }));
  } catch (error) {
    throw fault(error.name, error.message);
  }
  return {
    GetObjectResponse: {
      Status: { Code: 200, Description: "OK" },
      Data: await found.Body.transformToString("base64"),
      LastModified: found.LastModified.toISOString(),
      ETag: found.ETag,
    },
  };
}

const server = createServer({ keepAliveTimeout: 75000 }, (request, response) => response.writeHead(404).end());
server.listen(Number(port), "127.0.0.1", () => {
  const services = { AmazonS3: { AmazonS3: { GetObject: getObject } } };
  soap.listen(server, { path: "/soap", services, uri: wsdl, xml: require("node:fs").readFileSync(wsdl, "utf8") });
});
