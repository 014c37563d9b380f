/** Audiences of reports. */
export const REPORT_AUDIENCES = ['operator', 'regulator', 'public'] as const;
export type ReportAudience = (typeof REPORT_AUDIENCES)[number];
