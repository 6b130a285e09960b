/** What the page of a library reads of the service. */
export interface Texts {
  en: string;
  zh: string;
}

export interface Library {
  organization_id: string;
  is_shown: boolean;
  url: string;
  slug: string | null;
  name: string;
  language: "en" | "zh" | null;
  accent: string | null;
  accent_dark: string | null;
  header: string | null;
  welcome: Texts;
  footer: Texts;
  icp_number: string;
  logo_url: string | null;
}

/** What can be changed by the form. */
export type Wishes = Pick<Library, "slug" | "name" | "language" | "accent" | "accent_dark" | "header" | "welcome" | "footer" | "icp_number">;
