// Brings the chosen links back to the learning platform.

const form = /** @type {HTMLFormElement} */ (document.getElementById("return"));
form.submit();
