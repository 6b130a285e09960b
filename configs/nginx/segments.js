// What the edge decides for itself about segments: who may have one, and how the S3 server is asked for it.
//
// The signature is the one of media_service/playback/delivery.py. The S3 server is asked with AWS Signature Version 4
// (header form, GET, unsigned payload); without EDGE_S3_ACCESS_KEY nothing is signed, for buckets that their network
// or a policy opens to the edge.

import crypto from 'crypto';

const SEGMENT = /^\/s\/(assets\/[0-9a-z]{20,32}\/[0-9a-z]{20,32}\/)[0-9a-z]{20,32}\/[0-9]{1,9}\/([a-z0-9][a-z0-9_-]{0,63})-[0-9]{1,5}\.mp4$/;
const EXPIRES = /^[1-9][0-9]{8,10}$/;
const SIGNATURE = /^[A-Za-z0-9_-]{43}$/;
const PAYLOAD = 'UNSIGNED-PAYLOAD';

function hmac(key, text) {
    return crypto.createHmac('sha256', key).update(text);
}

// Takes as long for every wrong signature; both have 43 characters.
function same(one, other) {
    let difference = 0;
    for (let i = 0; i < 43; i++) {
        difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
    }
    return difference === 0;
}

// 'good', or the code of the error.
function verdict(r) {
    const segment = SEGMENT.exec(r.uri);
    if (!segment || (r.method !== 'GET' && r.method !== 'HEAD')) {
        return 'not_found';
    }
    const expires = r.args.e, signature = r.args.s;
    // A parameter that is given twice is a list.
    if (typeof expires !== 'string' || typeof signature !== 'string'
        || !EXPIRES.test(expires) || !SIGNATURE.test(signature)) {
        return 'token_invalid';
    }
    const text = segment[1] + '\n' + segment[2] + '\n' + expires;
    const secrets = (process.env.EDGE_SECRETS || '').split(',');
    for (let i = 0; i < secrets.length; i++) {
        const secret = secrets[i].trim();
        if (secret && same(hmac(secret, text).digest('base64url'), signature)) {
            return Number(expires) > Date.now() / 1000 ? 'good' : 'token_expired';
        }
    }
    return 'token_invalid';
}

function bucket() {
    return process.env.S3_BUCKET || 'lessonstream';
}

function endpoint() {
    return (process.env.S3_ENDPOINT || '').replace(/\/+$/, '');
}

function path(r) {
    return '/' + bucket() + r.uri.slice(2);
}

function source(r) {
    return endpoint() + path(r);
}

function host(_) {
    return endpoint().replace(/^https?:\/\//, '');
}

function date(_) {
    return new Date().toISOString().replace(/[-:]|\.[0-9]+/g, '');
}

function authorization(r) {
    const key = process.env.EDGE_S3_ACCESS_KEY, region = process.env.S3_REGION || 'us-east-1';
    if (!key) {
        return '';
    }
    const when = r.variables.s3_date, day = when.slice(0, 8);
    const scope = [day, region, 's3', 'aws4_request'].join('/');
    const signed = 'host;x-amz-content-sha256;x-amz-date';
    // Keys are of letters, digits and -._/ only, which stand in a canonical URI as they are.
    const canonical = ['GET', path(r), '', 'host:' + host(r), 'x-amz-content-sha256:' + PAYLOAD,
        'x-amz-date:' + when, '', signed, PAYLOAD].join('\n');
    const digest = crypto.createHash('sha256').update(canonical).digest('hex');
    const signing = [day, region, 's3', 'aws4_request'].reduce(
        (parent, text) => hmac(parent, text).digest(), 'AWS4' + process.env.EDGE_S3_SECRET_KEY);
    const signature = hmac(signing, ['AWS4-HMAC-SHA256', when, scope, digest].join('\n')).digest('hex');
    return 'AWS4-HMAC-SHA256 Credential=' + key + '/' + scope + ', SignedHeaders=' + signed
        + ', Signature=' + signature;
}

export default {verdict, source, host, date, authorization};
