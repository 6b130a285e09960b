// Signs a playback token in Java (15 or later, the plain JDK).
//
//   java SignToken.java private.pem KEY_ID PLAYBACK_ID '"viewer": "student-7"'

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

public class SignToken {
    /** A token for an hour. IDs hold nothing that JSON escapes; further claims are JSON members, such as limits. */
    static String signToken(String pem, String keyId, String playbackId, String claims) throws Exception {
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[^-]+-----", ""));
        boolean isEd25519 = der.length == 48; // PKCS #8 of RFC 8410; RSA keys are far longer
        var key = KeyFactory.getInstance(isEd25519 ? "Ed25519" : "RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
        String header = "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}".formatted(isEd25519 ? "EdDSA" : "RS256", keyId);
        String payload = "{\"sub\":\"%s\",\"aud\":[\"video\",\"image\",\"storyboard\"],\"exp\":%d%s}".formatted(
            playbackId, System.currentTimeMillis() / 1000 + 3600, claims.isEmpty() ? "" : "," + claims);
        String message = base64url(header.getBytes(UTF_8)) + "." + base64url(payload.getBytes(UTF_8));
        var signature = Signature.getInstance(isEd25519 ? "Ed25519" : "SHA256withRSA");
        signature.initSign(key);
        signature.update(message.getBytes(UTF_8));
        return message + "." + base64url(signature.sign());
    }

    static String base64url(byte[] value) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(value);
    }

    public static void main(String[] args) {
        try {
            if (args.length < 3 || args.length > 4) throw new IllegalArgumentException("Three or four arguments are needed.");
            String pem = Files.readString(Path.of(args[0]));
            System.out.println(signToken(pem, args[1], args[2], args.length > 3 ? args[3] : ""));
        } catch (Exception fault) {
            System.err.println(fault.getMessage());
            System.err.println("usage: java SignToken.java private.pem KEY_ID PLAYBACK_ID ['\"viewer\": \"student-7\"']");
            System.exit(1);
        }
    }
}
