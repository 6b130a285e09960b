/** Which of the files that were dropped or chosen are meant to be uploaded. */

const MEDIA = new Set(
  ("mp4 m4v mov mkv webm avi wmv asf flv f4v mpg mpeg mpe m2v ts mts m2ts vob ogv ogm 3gp 3g2 mxf dv divx rm rmvb swf " +
    "gif webp apng lottie mp3 m4a aac wav flac ogg oga opus wma amr aif aiff ac3 mka").split(" "),
);
const JUNK = /^(\.|thumbs\.db$|desktop\.ini$|~\$)/i;

/**
 * Whether a file is taken. What systems leave in folders never is; what was chosen by itself always, so that the service says what is
 * wrong with it; of a folder what looks like picture in motion or sound.
 * @param {string} name
 * @param {string} type As the browser guesses it.
 * @param {boolean} fromFolder
 */
export function isTaken(name, type, fromFolder) {
  if (JUNK.test(name)) return false;
  if (!fromFolder || type.startsWith("video/") || type.startsWith("audio/")) return true;
  const extension = name.split(".").at(-1);
  return name.includes(".") && MEDIA.has(String(extension).toLowerCase());
}

/**
 * Whether a file that is left out is worth a word: those of the system are not.
 * @param {string} name
 */
export function isMissed(name) {
  return !JUNK.test(name);
}
