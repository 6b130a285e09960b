"use client";
/** `<LessonPlayer>` for React: rendered on a server it is an element with attributes; in the browser functions and settings are added. */
import { createElement, forwardRef, useEffect, useImperativeHandle, useRef } from "react";
import "./lesson-player.js";

/** What attributes cannot hold, so that it is missing in what a server has rendered. */
const PROPERTIES = ["renewToken", "volume", "playbackRate", "quality", "caption", "language"];
const EVENTS = new Set([
  "play", "playing", "pause", "ended", "waiting", "seeking", "seeked", "timeupdate", "progress", "ratechange", "volumechange",
  "durationchange", "loadedmetadata", "loadeddata", "canplay", "canplaythrough", "resize", "enterpictureinpicture",
  "leavepictureinpicture", "error", "ready", "lessonchange", "settingschange", "tokenexpiring", "tokenexpired", "tokenrefused",
]);

function sorted(props) {
  const attributes = {};
  const listeners = [];
  for (const [name, value] of Object.entries(props)) {
    const event = name.startsWith("on") ? name.slice(2).toLowerCase() : "";
    if (EVENTS.has(event)) listeners.push([event, value]);
    else if (name === "playbackId") attributes["playback-id"] = value;
    else if (!PROPERTIES.includes(name)) attributes[name] = value;
  }
  return { attributes, listeners };
}

export const LessonPlayer = forwardRef(function LessonPlayer(props, ref) {
  const element = useRef(null);
  const { attributes, listeners } = sorted(props);
  useImperativeHandle(ref, () => element.current, []);
  for (const name of PROPERTIES) {
    useEffect(() => {
      if (props[name] !== undefined) element.current[name] = props[name];
    }, [props[name]]);
  }
  useEffect(() => {
    const player = element.current;
    const added = listeners.filter(([, listener]) => listener);
    for (const [event, listener] of added) player.addEventListener(event, listener);
    return () => {
      for (const [event, listener] of added) player.removeEventListener(event, listener);
    };
  });
  return createElement("lesson-player", { ...attributes, ref: element });
});
