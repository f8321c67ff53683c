/** The bridge, drawn up. */
export const Logo = ({ size = 28 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
    <rect width="32" height="32" rx="8" fill="#3f5be0" />
    <path d="M7 22.5h18M9 22.5V12.5M23 22.5V12.5M9 13.5c4.2 5.2 9.8 5.2 14 0" fill="none" stroke="#fff" strokeWidth="2.4" strokeLinecap="round" strokeLinejoin="round" />
  </svg>
)
