// Tells the learning platform that its registration is done, so that it closes the window (dynamic registration 1.0).

(window.opener ?? window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
