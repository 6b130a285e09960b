import type { ForwardRefExoticComponent, HTMLAttributes, RefAttributes } from "react";
import type { LessonPlayerElement, LessonPlayerEventMap } from "./index.js";

interface EventOf {
  onPlay: "play";
  onPlaying: "playing";
  onPause: "pause";
  onEnded: "ended";
  onWaiting: "waiting";
  onSeeking: "seeking";
  onSeeked: "seeked";
  onTimeUpdate: "timeupdate";
  onProgress: "progress";
  onRateChange: "ratechange";
  onVolumeChange: "volumechange";
  onDurationChange: "durationchange";
  onLoadedMetadata: "loadedmetadata";
  onLoadedData: "loadeddata";
  onCanPlay: "canplay";
  onCanPlayThrough: "canplaythrough";
  onResize: "resize";
  onEnterPictureInPicture: "enterpictureinpicture";
  onLeavePictureInPicture: "leavepictureinpicture";
  onError: "error";
  onReady: "ready";
  onLessonChange: "lessonchange";
  onSettingsChange: "settingschange";
  onTokenExpiring: "tokenexpiring";
  onTokenExpired: "tokenexpired";
  onTokenRefused: "tokenrefused";
}

/** The events are the element's own, not React's. */
export type LessonPlayerHandlers = {
  [Name in keyof EventOf]?: (event: LessonPlayerEventMap[EventOf[Name]] & { currentTarget: LessonPlayerElement }) => void;
};

export type LessonPlayerProps = Omit<HTMLAttributes<LessonPlayerElement>, keyof EventOf | "children"> &
  LessonPlayerHandlers &
  Partial<
    Pick<
      LessonPlayerElement,
      | "playbackId" | "course" | "token" | "service" | "autoplay" | "muted" | "loop" | "volume" | "playbackRate" | "quality" | "caption"
      | "language" | "renewToken"
    >
  > & {
    /** "0": no controls. */
    controls?: "0";
    /** Seconds to begin at. */
    start?: number | string;
    /** Seconds to stop at. */
    end?: number | string;
    speed?: number | string;
    captions?: string;
    /** "1": the list of slides stands beside the picture. */
    slides?: "1";
    preferences?: "0";
    resume?: "0" | "1";
    /** "0": plays beside other players of the page. */
    alone?: "0";
    loading?: "eager" | "lazy";
  };

export const LessonPlayer: ForwardRefExoticComponent<LessonPlayerProps & RefAttributes<LessonPlayerElement>>;
