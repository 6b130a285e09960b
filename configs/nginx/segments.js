// What the edge decides for itself about segments: who may have one, and how the S3 server is asked for it.
//
// The signature is the one of media_service/playback/manifests/delivery.py. The S3 server is asked with AWS Signature
// Version 4 (header form, GET, unsigned payload); without EDGE_S3_ACCESS_KEY nothing is signed, for buckets that their network
// or a policy opens to the edge.

import crypto from 'crypto';

const PAYLOAD = 'UNSIGNED-PAYLOAD';

/**
 * @param {NjsStringOrBuffer} key
 * @param {string} text
 */
function hmac(key, text) {
    return crypto.createHmac('sha256', key).update(text);
}

/**
 * Takes as long for every wrong signature.
 * @param {Buffer} one
 * @param {Buffer} other
 */
function same(one, other) {
    let difference = 0;
    for (let i = 0; i < 32; i += 4) {
        difference |= one.readInt32LE(i) ^ other.readInt32LE(i);
    }
    return difference === 0;
}

/**
 * 'good', or the code of the error. nginx has taken address and query apart: its regular expressions cost a tenth.
 * @param {NginxHTTPRequest} r
 */
function verdict(r) {
    if (r.method !== 'GET' && r.method !== 'HEAD') {
        return 'not_found';
    }
    const given = r.variables, expires = given.segment_expires, signature = given.segment_signature;
    if (!expires || !signature) {
        return 'token_invalid';
    }
    const text = given.segment_scope + '\n' + given.segment_rendition + '\n' + expires;
    const theirs = Buffer.from(signature, 'base64url');
    const secrets = (process.env.EDGE_SECRETS || '').split(',');
    for (let i = 0; i < secrets.length; i++) {
        const secret = secrets[i].trim();
        // The published examples' is anybody's.
        if (secret && !secret.startsWith('FAKE-') && same(hmac(secret, text).digest(), theirs)) {
            return Number(expires) > Date.now() / 1000 ? 'good' : 'token_expired';
        }
    }
    return 'token_invalid';
}

/**
 * Where the S3 server has the object.
 * @param {NginxHTTPRequest} r
 */
function path(r) {
    return '/' + r.variables.s3_bucket + r.uri.slice(2);
}

/** @param {NginxHTTPRequest} r */
function host(r) {
    return (r.variables.s3_endpoint || '').replace(/^https?:\/\//, '');
}

/** The moment as AWS writes it. */
function date() {
    return new Date().toISOString().replace(/[-:]|\.[0-9]+/g, '');
}

/**
 * The header that the S3 server is asked with; empty where nothing is signed.
 * @param {NginxHTTPRequest} r
 */
function authorization(r) {
    const key = process.env.EDGE_S3_ACCESS_KEY, region = process.env.S3_REGION || 'us-east-1';
    if (!key) {
        return '';
    }
    const when = r.variables.s3_date || '', day = when.slice(0, 8);
    const scope = [day, region, 's3', 'aws4_request'].join('/');
    const signed = 'host;x-amz-content-sha256;x-amz-date';
    // Keys are of letters, digits and -._/ only, which stand in a canonical URI as they are.
    const canonical = ['GET', path(r), '', 'host:' + host(r), 'x-amz-content-sha256:' + PAYLOAD,
        'x-amz-date:' + when, '', signed, PAYLOAD].join('\n');
    const digest = crypto.createHash('sha256').update(canonical).digest('hex');
    /** @type {NjsStringOrBuffer} */
    let signing = 'AWS4' + process.env.EDGE_S3_SECRET_KEY;
    [day, region, 's3', 'aws4_request'].forEach((text) => {
        signing = hmac(signing, text).digest();
    });
    const signature = hmac(signing, ['AWS4-HMAC-SHA256', when, scope, digest].join('\n')).digest('hex');
    return 'AWS4-HMAC-SHA256 Credential=' + key + '/' + scope + ', SignedHeaders=' + signed
        + ', Signature=' + signature;
}

export default {verdict, host, date, authorization};
