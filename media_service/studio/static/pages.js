/** The pages of Studio. Those of one thing live in a folder with its texts and its sheet; each is fetched when it is first opened. */
/** @import { Page } from "./types" */

/** @type {readonly Page[]} */
export const PAGES = [
  { path: "/studio", section: "uploads", load: () => import("./pages/uploads/page.js") },
  { path: "/studio/uploads", section: "uploads", load: () => import("./pages/uploads/page.js") },
  { path: "/studio/lessons", section: "lessons", load: () => import("./pages/lessons/page.js") },
  { path: "/studio/lessons/:id", section: "lessons", load: () => import("./pages/lesson/page.js") },
  { path: "/studio/courses", section: "courses", load: () => import("./pages/courses/page.js") },
  { path: "/studio/courses/:id", section: "courses", load: () => import("./pages/courses/course.js") },
  { path: "/studio/statistics", section: "statistics", load: () => import("./pages/statistics/page.js") },
  { path: "/studio/library", section: "more", load: () => import("./pages/library/page.js") },
  { path: "/studio/reviews", section: "more", load: () => import("./pages/reviews/page.js") },
  { path: "/studio/shared", section: "more", load: () => import("./pages/shared/page.js") },
  { path: "/studio/operations", section: "more", load: () => import("./pages/operations/page.js") },
  { path: "/studio/upload-links", section: "more", load: () => import("./pages/upload-links/page.js") },
  { path: "/studio/upload-links/new", section: "more", load: () => import("./pages/upload-links/new.js") },
  { path: "/studio/upload-links/:id", section: "more", load: () => import("./pages/upload-links/link.js") },
  { path: "/studio/webhooks", section: "more", load: () => import("./pages/webhooks/page.js") },
  { path: "/studio/webhooks/new", section: "more", load: () => import("./pages/webhooks/new.js") },
  { path: "/studio/webhooks/:id", section: "more", load: () => import("./pages/webhooks/endpoint.js") },
  { path: "/studio/platforms", section: "more", load: () => import("./pages/platforms/page.js") },
  { path: "/studio/platforms/:id", section: "more", load: () => import("./pages/platforms/link.js") },
  { path: "/studio/learning", section: "more", load: () => import("./pages/learning/page.js") },
  { path: "/studio/learning/:id", section: "more", load: () => import("./pages/learning/platform.js") },
  { path: "/studio/record-store", section: "more", load: () => import("./pages/record-store/page.js") },
  { path: "/studio/harvests", section: "more", load: () => import("./pages/harvests/page.js") },
  { path: "/studio/trash", section: "more", load: () => import("./pages/trash/page.js") },
  { path: "/studio/devices", section: null, load: () => import("./pages/devices/page.js") },
  { path: "/studio/signed-in", section: null, load: () => import("./pages/signed-in/page.js") },
  { path: "/studio/lessons/:id/captions/:kind/:language", section: "lessons", load: () => import("./pages/captions/page.js") },
];
